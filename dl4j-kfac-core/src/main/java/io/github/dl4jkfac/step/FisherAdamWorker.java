package io.github.dl4jkfac.step;

import io.github.dl4jkfac.state.TensorState;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/** DL4J's view of {@link FisherAdamRule} for one updater block, which may hold several tensors. */
public final class FisherAdamWorker extends BoundWorker {

    private static final String STATE = "state";

    private final FisherAdamRule rule;
    private final String layer;
    private TensorState state;

    /**
     * Creates the worker of one updater block; it cannot step before {@link #bind}.
     *
     * @param config the updater configuration that the worker was made from
     * @param hyperparameters of which the learning rate counts
     * @param rule the step
     * @param layer the layer's name, for messages
     * @param view the block's slice of DL4J's updater state; zeroed if {@code initialize}
     * @param initialize whether the state starts from zero
     */
    public FisherAdamWorker(
            IUpdater config,
            Hyperparameters hyperparameters,
            FisherAdamRule rule,
            String layer,
            INDArray view,
            boolean initialize) {
        super(config, hyperparameters);
        this.rule = rule;
        this.layer = layer;
        bindState(view, initialize);
    }

    FisherAdamRule rule() {
        return rule;
    }

    TensorState state() {
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
    public boolean isStateCoarsened() {
        return state.isCoarsened();
    }

    /** Adam with the same numbers: where the tensors begin, and the parameters that would decay, only a listener could tell. */
    @Override
    void pretrain(INDArray gradient, int iteration, int epoch) {
        long numbers = 2 * gradient.length();
        INDArray moments = state.view().get(NDArrayIndex.interval(0, numbers));
        double rate = hyperparameters().learningRateAt(iteration, epoch);
        new Adam(rate, rule.beta1(), rule.beta2(), rule.epsilon())
                .instantiate(moments, false)
                .applyUpdater(gradient, iteration, epoch);
    }

    @Override
    String layer() {
        return layer;
    }

    /** Takes what {@link #getState} gave. */
    @Override
    public void setState(Map<String, INDArray> stateMap, boolean initialize) {
        if (initialize) {
            state.clear();
        } else {
            state.view().assign(stateMap.get(STATE));
        }
    }

    /** The whole state as one vector: where its parts begin follows from the tensors, which a worker without a network cannot know. */
    @Override
    public Map<String, INDArray> getState() {
        return Map.of(STATE, state.view());
    }

    @Override
    public void setStateViewArray(INDArray view, long[] gradientShape, char gradientOrder, boolean initialize) {
        bindState(view, initialize);
    }

    private void bindState(INDArray view, boolean initialize) {
        state = new TensorState(view);
        if (initialize) {
            state.clear();
        }
        unbind();
    }
}
