package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.arrays.ArrayBytes;
import io.github.dl4jkfac.session.PartPass.Moment;
import java.io.Serializable;
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

    static StepData of(Moment moment, int round, INDArray parameters, INDArray state) {
        return new StepData(moment, round, Bytes.of(parameters), state == null ? null : Bytes.of(state));
    }

    /** @param to a vector of that length, overwritten */
    static void read(byte[] bytes, INDArray to) {
        try (INDArray values = Bytes.read(bytes, ArrayBytes::read)) {
            to.assign(values.reshape(to.shape()));
        }
    }
}
