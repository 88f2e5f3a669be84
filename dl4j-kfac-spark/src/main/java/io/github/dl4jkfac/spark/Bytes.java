package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.arrays.ArrayBytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Memory as a place to write to and to read from. */
final class Bytes {

    private static final int HEAD = 64;

    private static final long MOST_AT_FIRST = 1 << 30;

    private Bytes() {}

    /** An array, as {@link ArrayBytes} writes it. */
    static byte[] of(INDArray array) {
        return of(sizeOf(array), out -> ArrayBytes.write(array.reshape(array.length()), false, out));
    }

    /** How many bytes an array's numbers take. */
    static long sizeOf(INDArray array) {
        return array.length() * array.dataType().width();
    }

    /** Writes something. */
    interface Writer {
        void write(DataOutputStream out) throws IOException;
    }

    /** Reads something. */
    interface Reader<T> {
        T read(DataInputStream in) throws IOException;
    }

    /** Of something small. */
    static byte[] of(Writer writer) {
        return of(0, writer);
    }

    /** @param expected how many there will be about, so that they are not copied again and again while they grow */
    static byte[] of(long expected, Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) Math.min(MOST_AT_FIRST, expected + HEAD));
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            writer.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static <T> T read(byte[] bytes, Reader<T> reader) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            return reader.read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
