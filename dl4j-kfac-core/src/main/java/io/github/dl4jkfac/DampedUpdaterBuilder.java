package io.github.dl4jkfac;

import java.util.Objects;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * Collects the options of updaters with curvature blocks: a damping, and another updater for what has no block.
 *
 * @param <B> the builder itself
 */
abstract class DampedUpdaterBuilder<B extends DampedUpdaterBuilder<B>> extends UpdaterBuilder<B> {

    IUpdater fallback = new Adam();

    @Override
    final void take(NaturalGradientUpdater updater) {
        super.take(updater);
        fallback = updater.fallbackOrNull().clone();
    }

    /**
     * Sets the updater of all parameters that have no curvature block; Adam with its defaults unless set.
     *
     * @param updater any updater but those of this library
     * @return this builder
     */
    public B fallback(IUpdater updater) {
        if (updater instanceof NaturalGradientUpdater own) {
            throw new IllegalArgumentException("The fallback updater cannot be " + own.name()
                    + ", which needs a curvature block itself; use Adam, for example");
        }
        this.fallback = Objects.requireNonNull(updater, "fallback");
        return self();
    }

    /**
     * Sets a constant damping, and drops a schedule set before.
     *
     * @param lambda the Tikhonov damping &gt;= 0 of the curvature matrix
     * @return this builder
     */
    public B damping(double lambda) {
        draft.damping = lambda;
        draft.dampingSchedule = null;
        return self();
    }

    /**
     * Sets the damping by a schedule.
     *
     * @param schedule lambda as a function of iteration or epoch; takes effect at the next refresh. A step for which it is negative,
     *     infinite or no number fails before it has changed anything
     * @return this builder
     */
    public B damping(ISchedule schedule) {
        draft.dampingSchedule = Objects.requireNonNull(schedule, "damping schedule");
        return self();
    }
}
