package io.github.dl4jkfac;

import java.util.Objects;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * Collects the options that every updater of this library has.
 *
 * @param <B> the builder itself
 */
abstract class UpdaterBuilder<B extends UpdaterBuilder<B>> {

    final HyperparameterDraft draft = new HyperparameterDraft();

    abstract B self();

    /** Takes over what an updater has. */
    void take(NaturalGradientUpdater updater) {
        draft.take(updater.hyperparameters());
    }

    /**
     * Sets a constant learning rate, and drops a schedule set before.
     *
     * @param rate alpha &gt; 0, the step along the preconditioned gradient
     * @return this builder
     */
    public B learningRate(double rate) {
        draft.learningRate = rate;
        draft.learningRateSchedule = null;
        return self();
    }

    /**
     * Sets the learning rate by a schedule.
     *
     * @param schedule alpha as a function of iteration or epoch; zero lets the parameters stand still, and a step for which it is
     *     negative, infinite or no number fails before it has changed anything
     * @return this builder
     */
    public B learningRate(ISchedule schedule) {
        draft.learningRateSchedule = Objects.requireNonNull(schedule, "learningRate schedule");
        return self();
    }
}
