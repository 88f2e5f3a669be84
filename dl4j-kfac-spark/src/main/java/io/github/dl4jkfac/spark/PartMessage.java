package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.BatchPart;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What an executor tells the driver of its part of a batch.
 *
 * @param part what has been found
 * @param batch the part itself; null unless the driver wants to look at it
 */
record PartMessage(BatchPart part, MultiDataSet batch) {

    byte[] bytes(long layout) {
        // with statistics a message is two to three times as large as the gradient
        long expected = part.hasGradient() ? 3 * Bytes.sizeOf(part.gradient()) : 0;
        return Bytes.of(expected, out -> {
            part.write(layout, out);
            out.writeBoolean(batch != null);
            if (batch != null) {
                new ObjectOutputStream(out).writeObject(batch);
            }
        });
    }

    /** @throws java.io.UncheckedIOException if they come from another network, or another version of this library */
    static PartMessage of(byte[] bytes, long layout) {
        return Bytes.read(
                bytes, in -> new PartMessage(BatchPart.read(layout, in), in.readBoolean() ? batch(in) : null));
    }

    private static MultiDataSet batch(DataInputStream in) throws IOException {
        try {
            return (MultiDataSet) new ObjectInputStream(in).readObject();
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
