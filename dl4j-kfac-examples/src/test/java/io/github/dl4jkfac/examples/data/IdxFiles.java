package io.github.dl4jkfac.examples.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Small IDX files for tests. */
public final class IdxFiles {

    /** Magic number of image files. */
    public static final int IMAGES = 0x803;

    private IdxFiles() {}

    /** A well-formed file whose pixels are 0, 1, 2, ... modulo 256. */
    public static byte[] content(int magic, int count, int rows, int columns) {
        ByteBuffer buffer = ByteBuffer.allocate(16 + count * rows * columns);
        buffer.putInt(magic).putInt(count).putInt(rows).putInt(columns);
        for (int i = 0; buffer.hasRemaining(); i++) {
            buffer.put((byte) i);
        }
        return buffer.array();
    }

    public static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            zip.write(content);
        }
        return bytes.toByteArray();
    }

    /** Writes a training and a test file of so many images. */
    public static void writeMnist(Path folder, int train, int test) throws IOException {
        Files.write(folder.resolve("train-images-idx3-ubyte"), content(IMAGES, train, 28, 28));
        Files.write(folder.resolve("t10k-images-idx3-ubyte.gz"), gzip(content(IMAGES, test, 28, 28)));
    }
}
