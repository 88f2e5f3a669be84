package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Hyperparameters;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;

/** What updaters have in common that precondition by a damped curvature matrix and bound their step in its metric. */
abstract class KlBoundedUpdater extends DampedUpdater {

    private static final long serialVersionUID = 1L;

    KlBoundedUpdater(Hyperparameters hyperparameters, IUpdater fallback) {
        super(hyperparameters, fallback);
    }

    /** {@return which matrix is estimated} */
    public abstract Curvature curvature();

    /** {@return whether each step is as long as it does good, whatever momentum and bound are} */
    public boolean automatic() {
        return hyperparameters().step().automatic();
    }

    /** {@return mu, the momentum of the steps, in [0,1)} */
    public double momentum() {
        return hyperparameters().step().momentum();
    }

    /** {@return the bound of a step's squared length; 0 if there is none; without effect where there is a schedule} */
    public double klClip() {
        return hyperparameters().step().klClip();
    }

    /** {@return the schedule of that bound; null if it is constant} */
    public ISchedule klClipSchedule() {
        return hyperparameters().step().klClipSchedule();
    }

    /** {@return the seed of the private random stream that draws targets} */
    public long seed() {
        return hyperparameters().statistics().seed();
    }
}
