package io.github.dl4jkfac;

import java.util.Objects;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * Collects the options of updaters whose curvature is damped.
 *
 * @param <B> the builder itself
 */
abstract class DampedBuilder<B extends DampedBuilder<B>> extends StepBuilder<B> {

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
