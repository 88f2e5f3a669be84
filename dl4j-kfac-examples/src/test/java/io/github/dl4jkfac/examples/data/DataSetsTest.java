package io.github.dl4jkfac.examples.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.examples.failures.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetsTest {

    @TempDir
    private Path folder;

    @Test
    void findsMnistInTheFolderAndInItsSubfolder() throws IOException {
        IdxFiles.writeMnist(folder, 5, 3);
        ImageSplit direct = load(folder);
        Path parent = folder.resolve("data");
        IdxFiles.writeMnist(Files.createDirectories(parent.resolve("mnist")), 4, 2);
        ImageSplit below = load(parent);

        assertThat(direct.name()).isEqualTo("mnist");
        assertThat(direct.train().count()).isEqualTo(5);
        assertThat(direct.test().count()).isEqualTo(3);
        assertThat(below.train().count()).isEqualTo(4);
    }

    @Test
    void aFolderWithoutMnistIsAnErrorRatherThanAFallback() {
        assertThatThrownBy(() -> load(folder))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining("train-images-idx3-ubyte");
    }

    @Test
    void aMissingFolderIsAnError() {
        assertThatThrownBy(() -> load(folder.resolve("none")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("is no folder");
    }

    @Test
    void halfOfMnistNamesTheOtherHalf() throws IOException {
        IdxFiles.writeMnist(folder, 5, 3);
        Files.delete(folder.resolve("t10k-images-idx3-ubyte.gz"));
        assertThatThrownBy(() -> load(folder))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("t10k-images-idx3-ubyte");
    }

    @Test
    void curvesTakeNoFolder() {
        assertThatThrownBy(() -> DataSets.load(DataSets.Choice.CURVES, folder, notice -> {}))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("--dataset curves");
    }

    private static ImageSplit load(Path from) {
        return DataSets.load(DataSets.Choice.AUTO, from, notice -> {});
    }
}
