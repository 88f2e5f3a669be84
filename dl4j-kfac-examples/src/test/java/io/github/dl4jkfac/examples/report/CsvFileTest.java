package io.github.dl4jkfac.examples.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.examples.failures.OutputFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Results outlast a disk that is full for a while; a folder that is gone for a while stands for it. */
class CsvFileTest {

    @TempDir
    private Path root;

    @Test
    void linesWaitUntilTheyCanBeWritten() throws IOException {
        Path folder = Files.createDirectory(root.resolve("out"));
        CsvFile csv = new CsvFile(folder.resolve("a.csv"), List.of("step", "loss"));
        csv.add(List.of(1, 0.5));
        Path away = Files.move(folder, root.resolve("away"));
        csv.add(List.of(2, 0.25));
        csv.add(List.of(3, 0.125));
        assertThatThrownBy(csv::finish)
                .isInstanceOf(OutputFailure.class)
                .hasMessageContaining("a.csv")
                .hasMessageContaining("--out");
        Files.move(away, folder);
        csv.add(List.of(4, 0.0625));
        csv.finish();
        assertThat(folder.resolve("a.csv")).hasContent("step,loss\n1,0.500000\n2,0.250000\n3,0.125000\n4,0.0625000\n");
    }

    @Test
    void aFileThatCannotBeBegunIsAnErrorAtOnce() {
        assertThatThrownBy(() -> new CsvFile(root.resolve("none/a.csv"), List.of("step")))
                .isInstanceOf(OutputFailure.class)
                .hasMessageContaining("none");
    }
}
