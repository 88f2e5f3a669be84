package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.arrays.ArrayBytes;
import io.github.dl4jkfac.session.PartPass.Moment;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What the driver tells the executors of a step.
 *
 * @param moment when it is
 * @param round which batch of each shard
 * @param parameters of the network, as bytes
 * @param state DL4J's updater state, as bytes; null if the executors need nothing of it
 */
record StepData(Moment moment, int round, byte[] parameters, byte[] state) implements Serializable {

    private static final int HEAD = 64;

    static StepData of(Moment moment, int round, INDArray parameters, INDArray state) {
        return new StepData(moment, round, bytes(parameters), state == null ? null : bytes(state));
    }

    private static byte[] bytes(INDArray array) {
        // as large as it will be, so that it is not copied while it grows
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(
                Math.toIntExact(array.length() * array.dataType().width() + HEAD));
        try {
            ArrayBytes.write(array.reshape(array.length()), false, new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** @param to a vector of that length, overwritten */
    static void read(byte[] bytes, INDArray to) {
        try {
            INDArray values = ArrayBytes.read(new DataInputStream(new ByteArrayInputStream(bytes)));
            to.assign(values.reshape(to.shape()));
            values.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
