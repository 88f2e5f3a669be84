package io.github.dl4jkfac.step;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/** The worker of parameters without a curvature block: another updater does the step, under the K-FAC configuration. */
public final class DelegatingWorker implements GradientUpdater<IUpdater> {

    private final IUpdater config;
    private final GradientUpdater<?> fallback;

    /**
     * Creates the worker.
     *
     * @param config the K-FAC configuration that the worker was made from
     * @param fallback does the work, in the state view it was instantiated with
     */
    public DelegatingWorker(IUpdater config, GradientUpdater<?> fallback) {
        this.config = config;
        this.fallback = fallback;
    }

    @Override
    public IUpdater getConfig() {
        return config;
    }

    @Override
    public void setState(Map<String, INDArray> stateMap, boolean initialize) {
        fallback.setState(stateMap, initialize);
    }

    @Override
    public Map<String, INDArray> getState() {
        return fallback.getState();
    }

    @Override
    public void setStateViewArray(INDArray view, long[] gradientShape, char gradientOrder, boolean initialize) {
        fallback.setStateViewArray(view, gradientShape, gradientOrder, initialize);
    }

    @Override
    public void applyUpdater(INDArray gradient, int iteration, int epoch) {
        fallback.applyUpdater(gradient, iteration, epoch);
    }
}
