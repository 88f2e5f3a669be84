package io.github.dl4jkfac.examples.data;

import io.github.dl4jkfac.examples.failures.UserError;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reader for image and label files in the IDX format of the MNIST database, gzipped or not (told apart by content, not by name).
 *
 * <p>Layout of images, big endian: magic number 0x00000803, number of images, rows, columns, then one unsigned byte per
 * pixel; of labels: magic number 0x00000801, number of labels, then one byte per label.
 */
final class IdxFile {

    private static final int IMAGE_MAGIC = 0x00000803;
    private static final int LABEL_MAGIC = 0x00000801;
    private static final int HEADER_BYTES = 16;
    private static final int LABEL_HEADER_BYTES = 8;
    private static final int BUFFER_BYTES = 1 << 16;

    /** Twenty times MNIST: a gigabyte. */
    private static final int MAX_BODY_BYTES = 1 << 30;

    private IdxFile() {}

    /**
     * Reads and checks a file of square images.
     *
     * @param file the file
     * @param side the width and height that the images must have
     * @return its images
     * @throws UserError if the file is missing, unreadable, truncated, or something else than expected
     */
    public static ImageData readImages(Path file, int side) {
        return read(file, content -> {
            ByteBuffer header = header(file, content, HEADER_BYTES, IMAGE_MAGIC, "image");
            int count = header.getInt();
            int rows = header.getInt();
            int columns = header.getInt();
            if (rows != side || columns != side) {
                throw broken(file, "holds images of " + rows + "x" + columns + " pixels, not " + side + "x" + side);
            }
            return new ImageData(body(file, content, HEADER_BYTES, count, rows * columns, "images"), rows * columns);
        });
    }

    /**
     * Reads and checks a file of labels.
     *
     * @param file the file
     * @return its labels
     * @throws UserError if the file is missing, unreadable, truncated, or something else than expected
     */
    static byte[] readLabels(Path file) {
        return read(file, content -> {
            int count = header(file, content, LABEL_HEADER_BYTES, LABEL_MAGIC, "label")
                    .getInt();
            return body(file, content, LABEL_HEADER_BYTES, count, 1, "labels");
        });
    }

    private static ByteBuffer header(Path file, InputStream content, int bytes, int expected, String kind)
            throws IOException {
        byte[] start = content.readNBytes(bytes);
        if (start.length < bytes) {
            throw broken(file, "is truncated: " + start.length + " bytes, less than the header");
        }
        ByteBuffer header = ByteBuffer.wrap(start);
        int magic = header.getInt();
        if (magic != expected) {
            throw broken(
                    file, String.format("is no IDX %s file (magic number 0x%08X, not 0x%08X)", kind, magic, expected));
        }
        return header;
    }

    /**
     * Reads what the header announces and no more. The array grows with what is really there, so neither a header that
     * lies nor a small file that unpacks to gigabytes takes memory.
     */
    private static byte[] body(Path file, InputStream content, int headerBytes, int count, int size, String what)
            throws IOException {
        if (count <= 0) {
            throw broken(file, "says that it holds " + count + " " + what);
        }
        long length = (long) count * size;
        if (length > MAX_BODY_BYTES) {
            throw broken(file, "says that it holds " + count + " " + what + ", more than can be held");
        }
        byte[] body = content.readNBytes((int) length);
        long expected = headerBytes + length;
        if (body.length < length) {
            throw broken(
                    file,
                    "is truncated: " + (headerBytes + body.length) + " bytes instead of " + expected + " for " + count
                            + " " + what);
        }
        if (content.read() >= 0) {
            throw broken(file, "is too long: more than the " + expected + " bytes of " + count + " " + what);
        }
        return body;
    }

    /** Takes what it needs from a stream. */
    private interface Reader<T> {
        T from(InputStream content) throws IOException;
    }

    private static <T> T read(Path file, Reader<T> reader) {
        if (!Files.isRegularFile(file)) {
            throw new UserError("no IDX file " + file + "; name the folder that holds the MNIST files with --data");
        }
        try (InputStream raw = Files.newInputStream(file);
                InputStream plain = unzipped(raw)) {
            return reader.from(plain);
        } catch (EOFException | ZipException e) {
            throw new UserError(remedy(file, "is a truncated or damaged gzip file"), e);
        } catch (IOException e) {
            throw new UserError("cannot read " + file + " (" + e + "); check its permissions", e);
        }
    }

    private static InputStream unzipped(InputStream raw) throws IOException {
        PushbackInputStream peek = new PushbackInputStream(new BufferedInputStream(raw, BUFFER_BYTES), 2);
        byte[] start = peek.readNBytes(2);
        peek.unread(start);
        boolean gzipped = start.length == 2 && start[0] == (byte) 0x1f && start[1] == (byte) 0x8b;
        return gzipped ? new GZIPInputStream(peek, BUFFER_BYTES) : peek;
    }

    private static UserError broken(Path file, String what) {
        return new UserError(remedy(file, what));
    }

    private static String remedy(Path file, String what) {
        return file + " " + what + "; fetch the file again or name another folder with --data";
    }
}
