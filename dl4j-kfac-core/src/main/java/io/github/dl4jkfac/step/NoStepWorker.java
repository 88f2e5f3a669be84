package io.github.dl4jkfac.step;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/** The worker of parameters that DL4J computes no gradient for: whatever the gradient view holds, they stay as they are. */
public final class NoStepWorker implements GradientUpdater<IUpdater> {

    private final IUpdater config;

    /**
     * Creates the worker.
     *
     * @param config the K-FAC configuration that the worker was made from
     */
    public NoStepWorker(IUpdater config) {
        this.config = config;
    }

    @Override
    public IUpdater getConfig() {
        return config;
    }

    @Override
    public void setState(Map<String, INDArray> stateMap, boolean initialize) {
        // there is no state
    }

    @Override
    public Map<String, INDArray> getState() {
        return Map.of();
    }

    @Override
    public void setStateViewArray(INDArray view, long[] gradientShape, char gradientOrder, boolean initialize) {
        // there is no state
    }

    @Override
    public void applyUpdater(INDArray gradient, int iteration, int epoch) {
        gradient.assign(0);
    }
}
