package io.github.dl4jkfac.step;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/** The worker of a configuration that no listener has been attached to: its first step says so. */
public final class UnboundWorker implements GradientUpdater<IUpdater> {

    private final IUpdater config;

    /**
     * Creates the worker.
     *
     * @param config the K-FAC configuration that the worker was made from
     */
    public UnboundWorker(IUpdater config) {
        this.config = config;
    }

    static IllegalStateException missingListener() {
        return new IllegalStateException(
                "The KFac updater is not connected to its network, so it has no curvature to work with. "
                        + "Add one line before fit(): KFacListener.attach(net); "
                        + "and after net.setListeners(...) attach again or use net.addListeners(...), since setListeners removes it. "
                        + "KFac serves a MultiLayerNetwork or ComputationGraph in fit(): for a SameDiff graph, or gradients computed outside fit(), "
                        + "use another updater.");
    }

    @Override
    public IUpdater getConfig() {
        return config;
    }

    @Override
    public void setState(Map<String, INDArray> stateMap, boolean initialize) {
        // nothing is kept before a listener is attached
    }

    @Override
    public Map<String, INDArray> getState() {
        return Map.of();
    }

    @Override
    public void setStateViewArray(INDArray view, long[] gradientShape, char gradientOrder, boolean initialize) {
        if (initialize && view != null) {
            view.assign(0);
        }
    }

    @Override
    public void applyUpdater(INDArray gradient, int iteration, int epoch) {
        throw missingListener();
    }
}
