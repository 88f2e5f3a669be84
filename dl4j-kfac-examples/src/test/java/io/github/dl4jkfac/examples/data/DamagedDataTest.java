package io.github.dl4jkfac.examples.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.examples.failures.UserError;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are damaged or lie about their size are refused in one line, without taking memory. */
class DamagedDataTest {

    private static final List<String> LABELS = List.of("a", "b");

    @TempDir
    private Path folder;

    @Test
    void gigabytesOfZerosBehindAGoodHeaderAreNotUnpacked() throws IOException {
        Path file = zeros("images.gz", 3, 3L << 30);
        assertIdxRefused(file, "is too long: more than the 64 bytes of 3 images");
    }

    @Test
    void gigabytesOfZerosWithoutAHeaderAreNotUnpacked() throws IOException {
        Path file = folder.resolve("zeros.gz");
        write(file, new byte[0], 3L << 30);
        assertIdxRefused(file, "magic number 0x00000000");
    }

    @ParameterizedTest
    @ValueSource(ints = {60_000_000, Integer.MAX_VALUE})
    void aHeaderThatLiesTakesNoMemory(int count) throws IOException {
        assertIdxRefused(
                zeros("images.gz", count, 100), count == Integer.MAX_VALUE ? "more than can be held" : "is truncated");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void anImpossibleNumberOfLabelsIsRefused(int count) throws IOException {
        Path file = Files.write(
                folder.resolve("labels"),
                ByteBuffer.allocate(8).putInt(0x801).putInt(count).array());
        assertThatThrownBy(() -> IdxFile.readLabels(file))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("says that it holds " + count + " labels");
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpg", "bmp"})
    void halfAnImageIsRefused(String format) throws IOException {
        ColourImages.write(folder, LABELS, 2, 1);
        Path image = folder.resolve("train/a/9." + format);
        noise(image, format);
        assertThat(load(folder).train().count()).isEqualTo(5);
        byte[] whole = Files.readAllBytes(image);
        for (double part : new double[] {0, 0.02, 0.25, 0.5, 0.75, 0.95}) {
            Files.write(image, Arrays.copyOf(whole, (int) (part * whole.length)));
            assertRefused(folder, "9." + format + " is no readable image");
        }
    }

    @Test
    void anImageThatClaimsToBeHugeTakesNoMemory() throws IOException {
        ColourImages.write(folder, LABELS, 2, 1);
        Path image = folder.resolve("train/a/0.png");
        byte[] content = Files.readAllBytes(image);
        // The first chunk of a PNG file: its type at 12, width and height from 16, its checksum at 29.
        CRC32 checksum = new CRC32();
        checksum.update(
                ByteBuffer.wrap(content).putInt(16, 60_000).putInt(20, 60_000).array(), 12, 17);
        ByteBuffer.wrap(content).putInt(29, (int) checksum.getValue());
        Files.write(image, content);
        assertRefused(folder, "has 60000x60000 pixels, not 32x32");
    }

    @Test
    void classesMustBeSeveralAndHaveImages() throws IOException {
        Files.createDirectories(folder.resolve("train"));
        Files.createDirectories(folder.resolve("test"));
        assertRefused(folder, "has 0 class folders");
        ColourImages.write(folder, List.of("a"), 2, 1);
        assertRefused(folder, "has 1 class folder;");
        Files.createDirectories(folder.resolve("train/b"));
        Files.createDirectories(folder.resolve("test/b"));
        assertRefused(folder, "no images in " + folder.resolve("train/b"));
    }

    @Test
    void asManyClassesAsAByteCanTellApart() throws IOException {
        List<String> many =
                IntStream.range(1000, 1256).mapToObj(String::valueOf).toList();
        ColourImages.write(folder.resolve("256"), many, 1, 1);
        LabelledData train = load(folder.resolve("256")).train();
        assertThat(train.classes()).isEqualTo(256);
        assertThat(IntStream.range(0, 256).map(train::label).distinct().count()).isEqualTo(256);
        ColourImages.write(
                folder.resolve("257"),
                IntStream.range(1000, 1257).mapToObj(String::valueOf).toList(),
                1,
                1);
        assertRefused(folder.resolve("257"), "has 257 class folders");
    }

    @Test
    void damagedZipFilesAreRefused() throws IOException {
        Path zip = ColourImages.zip(folder.resolve("images.zip"), LABELS, 3, 2);
        byte[] whole = Files.readAllBytes(zip);
        for (int length : new int[] {0, 4, whole.length / 2, whole.length - 1}) {
            Files.write(zip, Arrays.copyOf(whole, length));
            assertRefused(zip, "cannot read");
        }
        byte[] flipped = whole.clone();
        Arrays.fill(flipped, 40, whole.length / 3, (byte) 0x55);
        Files.write(zip, flipped);
        assertThatThrownBy(() -> load(zip)).isInstanceOf(UserError.class);
    }

    @Test
    void aZipFileThatPointsOutsideItselfIsRefusedAndNothingIsWritten() throws IOException {
        Path zip = folder.resolve("in/slip.zip");
        Files.createDirectories(zip.getParent());
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            out.putNextEntry(new ZipEntry("../evil.png"));
            out.write(1);
        }
        assertRefused(zip, "cannot read");
        assertThat(folder.resolve("evil.png")).doesNotExist();
    }

    private static void noise(Path file, String format) throws IOException {
        BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 1024; i++) {
            image.setRGB(i % 32, i / 32, i * 0x9E3779B1 >>> 8);
        }
        try (OutputStream out = Files.newOutputStream(file)) {
            ImageIO.write(image, format, out);
        }
    }

    private Path zeros(String name, int count, long zeros) throws IOException {
        Path file = folder.resolve(name);
        byte[] header = ByteBuffer.allocate(16)
                .putInt(0x803)
                .putInt(count)
                .putInt(4)
                .putInt(4)
                .array();
        write(file, header, zeros);
        return file;
    }

    private static void write(Path file, byte[] header, long zeros) throws IOException {
        // A gzip file may consist of several, one after the other: packing the same zeros once is enough.
        byte[] block = IdxFiles.gzip(new byte[(int) Math.min(zeros, 1 << 26)]);
        try (OutputStream out = Files.newOutputStream(file)) {
            if (header.length > 0) {
                out.write(IdxFiles.gzip(header));
            }
            for (long left = zeros; left > 0; left -= 1 << 26) {
                out.write(block);
            }
        }
    }

    private static void assertIdxRefused(Path file, String why) {
        assertThatThrownBy(() -> IdxFile.readImages(file, 4))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(why);
    }

    private static void assertRefused(Path place, String why) {
        assertThatThrownBy(() -> load(place)).isInstanceOf(UserError.class).hasMessageContaining(why);
    }

    private static LabelledSplit load(Path place) {
        return CifarSource.load(DataSets.Choice.CIFAR10, place, notice -> {});
    }
}
