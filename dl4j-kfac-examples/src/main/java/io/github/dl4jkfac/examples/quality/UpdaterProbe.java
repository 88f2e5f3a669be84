package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.examples.models.Models;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Where an updater would go from parameters that stay as they are: it takes a step and is put back. So it does exactly what
 * it does in training; float64 keeps the difference of the parameters exact enough.
 */
final class UpdaterProbe {

    private final Model network;
    private final INDArray parameters;

    /** @param network ready to train, in float64, at the parameters in question, to which it is put back after each step */
    UpdaterProbe(Model network) {
        this.network = network;
        this.parameters = network.params().dup();
    }

    /**
     * Takes a step, which also brings the batch into whatever the updater averages.
     *
     * @param batch in float64; not modified
     * @return the direction against which the updater steps, [1,P] in float64, of any length
     */
    INDArray direction(DataSet batch) {
        Models.fit(network, batch);
        INDArray step = parameters.sub(network.params());
        network.setParams(parameters);
        return step;
    }
}
