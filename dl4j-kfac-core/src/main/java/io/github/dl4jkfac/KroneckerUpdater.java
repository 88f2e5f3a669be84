package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Hyperparameters;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.learning.config.IUpdater;

/** What {@link KFac} and {@link EKFac} have in common: Kronecker factors that are averaged over batches. */
abstract class KroneckerUpdater extends KlBoundedUpdater {

    private static final long serialVersionUID = 1L;

    KroneckerUpdater(Hyperparameters hyperparameters, IUpdater fallback) {
        super(hyperparameters, fallback);
    }

    /** {@return the largest side of a Kronecker factor} */
    public abstract int maxFactorDimension();

    /** {@return the number of steps between two batches that enter the statistics} */
    public int statisticsInterval() {
        return hyperparameters().statistics().statisticsInterval();
    }

    /** {@return the upper bound of the moving averages' memory, in [0,1)} */
    public double statisticsDecay() {
        return hyperparameters().statistics().statisticsDecay();
    }

    /** {@return the share of the batch that enters the statistics, in (0,1]} */
    public double statisticsFraction() {
        return hyperparameters().statistics().statisticsFraction();
    }

    /** {@return whether inverses are computed while training goes on} */
    public boolean backgroundRefresh() {
        return hyperparameters().refresh().background();
    }

    @Override
    List<Object> networkWide() {
        List<Object> all = new ArrayList<>(super.networkWide());
        all.add(curvature());
        return all;
    }
}
