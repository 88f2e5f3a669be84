package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Hyperparameters;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;

/** What updaters with curvature blocks have in common: a damping, and another updater for what has no block. */
abstract class DampedUpdater extends NaturalGradientUpdater {

    private static final long serialVersionUID = 1L;

    DampedUpdater(Hyperparameters hyperparameters, IUpdater fallback) {
        super(hyperparameters, fallback);
    }

    /** {@return lambda, the Tikhonov damping of the curvature matrix; without effect where there is a schedule} */
    public double damping() {
        return hyperparameters().refresh().damping();
    }

    /** {@return the schedule of lambda; null if it is constant} */
    public ISchedule dampingSchedule() {
        return hyperparameters().refresh().dampingSchedule();
    }

    /** {@return a copy of the updater of all parameters without a curvature block} */
    public IUpdater fallback() {
        return fallbackOrNull().clone();
    }
}
