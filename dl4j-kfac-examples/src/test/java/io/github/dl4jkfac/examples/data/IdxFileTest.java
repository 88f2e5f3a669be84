package io.github.dl4jkfac.examples.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.examples.failures.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxFileTest {

    private static final byte[] GOOD = IdxFiles.content(IdxFiles.IMAGES, 3, 4, 4);

    @TempDir
    private Path folder;

    @Test
    void readsPlainAndGzippedFilesAlikeWhateverTheirName() throws IOException {
        ImageData plain = IdxFile.readImages(file("images.gz", GOOD), 4);
        ImageData zipped = IdxFile.readImages(file("images", IdxFiles.gzip(GOOD)), 4);

        assertThat(plain.count()).isEqualTo(3);
        assertThat(plain.size()).isEqualTo(16);
        assertThat(plain.rows(0, 3)).isEqualTo(zipped.rows(0, 3));
        assertThat(plain.rows(1, 2).getDouble(0, 5)).isCloseTo(21 / 255., within(1e-7));
    }

    @Test
    void aMissingFileNamesTheOption() {
        assertThatThrownBy(() -> IdxFile.readImages(folder.resolve("none"), 4))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("none")
                .hasMessageContaining("--data");
    }

    @Test
    void aTruncatedFileSaysHowMuchIsThere() throws IOException {
        assertRefused(Arrays.copyOf(GOOD, GOOD.length - 1), "is truncated: 63 bytes instead of 64");
        assertRefused(Arrays.copyOf(GOOD, 10), "is truncated: 10 bytes");
        assertRefused(new byte[0], "is truncated: 0 bytes");
    }

    @Test
    void aTruncatedGzipFileIsRefused() throws IOException {
        byte[] zipped = IdxFiles.gzip(GOOD);
        assertRefused(Arrays.copyOf(zipped, zipped.length - 12), "truncated or damaged gzip");
        assertRefused(Arrays.copyOf(zipped, 5), "truncated or damaged gzip");
    }

    @Test
    void aFileThatIsTooLongIsRefused() throws IOException {
        assertRefused(Arrays.copyOf(GOOD, GOOD.length + 1), "is too long: more than the 64 bytes");
    }

    @Test
    void labelsAreNoImages() throws IOException {
        assertRefused(IdxFiles.content(0x801, 3, 4, 4), "magic number 0x00000801");
    }

    @Test
    void imagesOfAnotherSizeAreRefused() throws IOException {
        assertRefused(IdxFiles.content(IdxFiles.IMAGES, 3, 4, 5), "4x5 pixels, not 4x4");
    }

    @Test
    void anEmptyOrAbsurdCountIsRefused() throws IOException {
        assertRefused(IdxFiles.content(IdxFiles.IMAGES, 0, 4, 4), "says that it holds 0 images");
        byte[] absurd = GOOD.clone();
        absurd[4] = 0x7f;
        assertRefused(absurd, "says that it holds 2130706435 images, more than can be held");
    }

    private void assertRefused(byte[] content, String why) throws IOException {
        Path file = file("broken", content);
        assertThatThrownBy(() -> IdxFile.readImages(file, 4))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(why)
                .hasMessageContaining("--data");
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }
}
