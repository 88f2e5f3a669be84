package io.github.dl4jkfac.step;

import io.github.dl4jkfac.state.LayerState;
import io.github.dl4jkfac.state.StateLayout;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * DL4J's view of one layer's natural-gradient step: turns the gradient of one updater block into its update. The work is done
 * once for all blocks of a network, by {@link NetworkStep}, when the first of them is applied.
 */
public final class NaturalGradientWorker extends BoundWorker {

    private final String maker;
    private final StateLayout layout;
    private LayerState state;

    /**
     * Creates the worker of one updater block; it cannot step before {@link #bind}.
     *
     * @param config the updater configuration that the worker was made from
     * @param hyperparameters the numbers behind the step
     * @param maker what the state says of the updater
     * @param layout what the block keeps in its state
     * @param view the block's slice of DL4J's updater state; zeroed if {@code initialize}
     * @param initialize whether the state starts from zero
     */
    public NaturalGradientWorker(
            IUpdater config,
            Hyperparameters hyperparameters,
            String maker,
            StateLayout layout,
            INDArray view,
            boolean initialize) {
        super(config, hyperparameters);
        this.maker = maker;
        this.layout = layout;
        bindState(view, initialize);
    }

    /** {@return what the block keeps in its state} */
    public StateLayout layout() {
        return layout;
    }

    /** {@return the block's slices of DL4J's updater state} */
    public LayerState state() {
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

    /** {@return the updater that made the state, if that is known to be another one; null otherwise} */
    public String strangerInState() {
        return state.strangerTo(maker);
    }

    @Override
    public boolean isStateCoarsened() {
        return state.isCoarsened();
    }

    /**
     * Checks that the state is this updater's own. One that DL4J, or somebody else, has set to zero as a whole starts afresh.
     *
     * @throws IllegalStateException naming the updater that made it
     */
    public void requireOwnState() {
        String stranger = strangerInState();
        if (stranger != null) {
            throw new IllegalStateException("The updater state of layer '" + layout.layer() + "' was made by '"
                    + stranger
                    + "', and cannot serve '" + maker + "'. Load the model with the updater that it was saved with, and"
                    + " change that by KFacListener.swapUpdater(net, updater), or load it without updater state:"
                    + " ModelSerializer.restoreMultiLayerNetwork(file, false), and restoreComputationGraph likewise.");
        }
        if (state.isUnsigned()) {
            if (!state.isBlank()) {
                throw new IllegalStateException("The updater state of layer '" + layout.layer()
                        + "' does not tell which updater made it, so that it may be another one's than '" + maker
                        + "'. Load the model with its own updater state, or without any.");
            }
            state.sign(maker);
        }
    }

    /**
     * Takes over the state of a worker of another life of the same layer.
     *
     * @param other a worker whose layout has the same contents
     */
    public void inherit(NaturalGradientWorker other) {
        state.copy(other.state);
    }

    @Override
    public void setState(Map<String, INDArray> stateMap, boolean initialize) {
        Map<String, INDArray> own = state.asMap();
        if (!stateMap.keySet().containsAll(own.keySet())) {
            throw new IllegalArgumentException(
                    "The state of " + layout + " needs " + own.keySet() + ", got " + stateMap.keySet());
        }
        if (initialize) {
            clear();
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
        state = new LayerState(layout, view);
        if (initialize) {
            clear();
        }
        unbind();
    }

    private void clear() {
        state.clear();
        state.sign(maker);
    }
}
