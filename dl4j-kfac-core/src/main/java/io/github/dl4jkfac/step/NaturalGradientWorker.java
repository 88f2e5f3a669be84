package io.github.dl4jkfac.step;

import io.github.dl4jkfac.state.CurvatureState;
import io.github.dl4jkfac.state.StateLayout;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * DL4J's view of one layer's natural-gradient step: turns the gradient of one updater block into its update. The work is done
 * once for all blocks of a network, by {@link NetworkStep}, when the first of them is applied.
 */
public final class NaturalGradientWorker extends BoundWorker {

    private final StateLayout layout;
    private CurvatureState state;

    /**
     * Creates the worker of one updater block; it cannot step before {@link #bind}.
     *
     * @param config the updater configuration that the worker was made from
     * @param hyperparameters the numbers behind the step
     * @param layout what the block keeps in its state
     * @param view the block's slice of DL4J's updater state; zeroed if {@code initialize}
     * @param initialize whether the state starts from zero
     */
    public NaturalGradientWorker(
            IUpdater config, Hyperparameters hyperparameters, StateLayout layout, INDArray view, boolean initialize) {
        super(config, hyperparameters);
        this.layout = layout;
        bindState(view, initialize);
    }

    /** {@return what the block keeps in its state} */
    public StateLayout layout() {
        return layout;
    }

    /** {@return the block's slices of DL4J's updater state} */
    public CurvatureState state() {
        return state;
    }

    @Override
    public long steps() {
        return state.steps();
    }

    @Override
    void setSteps(long number) {
        state.setSteps(number);
    }

    @Override
    String layer() {
        return layout.layer();
    }

    @Override
    public void setState(Map<String, INDArray> stateMap, boolean initialize) {
        Map<String, INDArray> own = state.asMap();
        if (!stateMap.keySet().containsAll(own.keySet())) {
            throw new IllegalArgumentException(
                    "The state of " + layout + " needs " + own.keySet() + ", got " + stateMap.keySet());
        }
        if (initialize) {
            state.clear();
        } else {
            own.forEach((name, slice) -> slice.assign(stateMap.get(name)));
        }
    }

    @Override
    public Map<String, INDArray> getState() {
        return state.asMap();
    }

    @Override
    public void setStateViewArray(INDArray view, long[] gradientShape, char gradientOrder, boolean initialize) {
        bindState(view, initialize);
    }

    private void bindState(INDArray view, boolean initialize) {
        state = new CurvatureState(layout, view);
        if (initialize) {
            state.clear();
        }
        unbind();
    }
}
