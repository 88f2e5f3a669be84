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

/** What a file that cannot be written leaves behind, and what is made of it. */
class UnwrittenFilesTest {

    @TempDir
    Path folder;

    @Test
    void aRecordThatCannotBeWrittenLeavesNothingBehind() throws IOException {
        // a folder that is not empty cannot be replaced
        Path inTheWay = Files.createDirectories(folder.resolve(RunRecord.FILE).resolve("full"));
        assertThatThrownBy(() -> new RunRecord(List.of()).write(folder))
                .isInstanceOf(OutputFailure.class)
                .hasMessageContaining("cannot write " + folder.resolve(RunRecord.FILE));
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
        assertThat(inTheWay).exists();
    }

    @Test
    void aPictureThatCannotBeWrittenIsAFailureInTheEnd() {
        assertThat(Plots.tryTo(() -> {
                    throw new IOException("No space left on device");
                }))
                .hasValueSatisfying(failure ->
                        assertThat(failure).hasMessageContaining("cannot write the plots (No space left on device)"));
    }

    @Test
    void whereNothingCanBeDrawnTheNumbersSuffice() {
        assertThat(Plots.tryTo(() -> {
                    throw new InternalError("no fonts");
                }))
                .isEmpty();
        assertThat(Plots.tryTo(() -> {})).isEmpty();
    }
}
