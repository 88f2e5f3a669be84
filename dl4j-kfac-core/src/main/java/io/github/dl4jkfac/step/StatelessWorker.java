package io.github.dl4jkfac.step;

import java.util.Map;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/** The worker of K-FAC configurations that take no step and keep nothing. */
public final class StatelessWorker implements GradientUpdater<IUpdater> {

    private final IUpdater config;
    private final Consumer<INDArray> onGradient;

    private StatelessWorker(IUpdater config, Consumer<INDArray> onGradient) {
        this.config = config;
        this.onGradient = onGradient;
    }

    /**
     * Creates the worker of a configuration that no listener has been attached to: its first step says so.
     *
     * @param config the K-FAC configuration that the worker is made from
     * @return a worker whose every step fails
     */
    public static StatelessWorker unbound(IUpdater config) {
        return new StatelessWorker(config, gradient -> {
            throw MissingListener.of(config);
        });
    }

    /**
     * Creates the worker of parameters that DL4J computes no gradient for: whatever the gradient view holds, they stay as they are.
     *
     * @param config the K-FAC configuration that the worker is made from
     * @return a worker whose every step is zero
     */
    public static StatelessWorker noStep(IUpdater config) {
        return new StatelessWorker(config, gradient -> gradient.assign(0));
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
        // there is no state; what DL4J has reserved for a later one is not looked at
    }

    @Override
    public void applyUpdater(INDArray gradient, int iteration, int epoch) {
        onGradient.accept(gradient);
    }
}
