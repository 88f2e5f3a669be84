package io.github.dl4jkfac.step;

import io.github.dl4jkfac.state.CurvatureState;
import io.github.dl4jkfac.state.StateLayout;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * DL4J's view of one layer's natural-gradient step: turns the gradient of one updater block into its update. The work is done
 * once for all blocks of a network, by {@link NetworkStep}, when the first of them is applied.
 */
public final class NaturalGradientWorker implements GradientUpdater<IUpdater> {

    private final IUpdater config;
    private final Hyperparameters hyperparameters;
    private final StateLayout layout;
    private CurvatureState state;
    private NetworkStep step;
    private Object owner;

    /**
     * Creates the worker of one updater block; it cannot step before {@link #bind}.
     *
     * @param config the K-FAC configuration that the worker was made from
     * @param hyperparameters the numbers behind the step
     * @param layout what the block keeps in its state
     * @param view the block's slice of DL4J's updater state; zeroed if {@code initialize}
     * @param initialize whether the state starts from zero
     */
    public NaturalGradientWorker(
            IUpdater config, Hyperparameters hyperparameters, StateLayout layout, INDArray view, boolean initialize) {
        this.config = config;
        this.hyperparameters = hyperparameters;
        this.layout = layout;
        bindState(view, initialize);
    }

    /**
     * Ties the worker to the step of its network.
     *
     * @param step the step over all curvature blocks of the network
     * @param owner whatever has to live as long as this worker; see {@link #owner()}
     */
    public void bind(NetworkStep step, Object owner) {
        this.step = step;
        this.owner = owner;
    }

    /** {@return the owner that {@link #bind} was given; null before} Kept here so that it lives exactly as long as DL4J's updater. */
    public Object owner() {
        return owner;
    }

    /** {@return the numbers behind the step} */
    public Hyperparameters hyperparameters() {
        return hyperparameters;
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
    public IUpdater getConfig() {
        return config;
    }

    @Override
    public void setState(Map<String, INDArray> stateMap, boolean initialize) {
        Map<String, INDArray> own = state.asMap();
        if (!stateMap.keySet().containsAll(own.keySet())) {
            throw new IllegalArgumentException(
                    "KFac: the state of " + layout + " needs " + own.keySet() + ", got " + stateMap.keySet());
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
        step = null;
    }

    /**
     * Replaces the gradient by the update, in place.
     *
     * @param gradient the block's flat gradient: mean over the batch, clipped and with L1/L2 added by DL4J
     */
    @Override
    public void applyUpdater(INDArray gradient, int iteration, int epoch) {
        if (step == null) {
            throw StatelessWorker.missingListener();
        }
        step.apply(this, gradient, iteration, epoch);
    }
}
