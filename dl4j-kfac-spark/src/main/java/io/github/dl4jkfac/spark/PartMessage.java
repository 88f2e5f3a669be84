package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.BatchPart;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What an executor tells the driver of its part of a batch.
 *
 * @param part what has been found
 * @param batch the part itself; null unless the driver wants to look at it
 */
record PartMessage(BatchPart part, MultiDataSet batch) {

    private static final long MOST_AT_FIRST = 1 << 30;

    byte[] bytes(long layout) {
        // with statistics a message is two to three times as large as the gradient
        long gradient = part.hasGradient()
                ? part.gradient().length() * part.gradient().dataType().width()
                : 0;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) Math.min(MOST_AT_FIRST, 3 * gradient));
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            part.write(layout, out);
            out.writeBoolean(batch != null);
            if (batch != null) {
                new ObjectOutputStream(out).writeObject(batch);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** @throws UncheckedIOException if they come from another network, or another version of this library */
    static PartMessage of(byte[] bytes, long layout) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            BatchPart part = BatchPart.read(layout, in);
            return new PartMessage(
                    part, in.readBoolean() ? (MultiDataSet) new ObjectInputStream(in).readObject() : null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
