package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Option;
import java.util.Objects;

/**
 * Collects the options of updaters with Kronecker factors.
 *
 * @param <B> the builder itself
 */
abstract class KroneckerUpdaterBuilder<B extends KroneckerUpdaterBuilder<B>> extends KlBoundedBuilder<B> {

    Curvature curvature = KFac.DEFAULT_CURVATURE;
    int maxFactorDimension = KFac.DEFAULT_MAX_FACTOR_DIMENSION;

    final void take(KroneckerUpdater updater) {
        super.take(updater);
        curvature = updater.curvature();
        maxFactorDimension = updater.maxFactorDimension();
    }

    /**
     * Sets which matrix the factors estimate.
     *
     * @param value the matrix
     * @return this builder
     */
    public B curvature(Curvature value) {
        this.curvature = Objects.requireNonNull(value, "curvature");
        return self();
    }

    /**
     * Sets how often a batch enters the statistics.
     *
     * @param steps number of steps between two such batches, at least 1
     * @return this builder
     */
    public B statisticsInterval(int steps) {
        draft.statisticsInterval = steps;
        return self();
    }

    /**
     * Has the inverses computed while training goes on: on the cores that BLAS's threads leave free, or else a part of them at each step. They are put in force when the
     * next batch enters the statistics, {@link #statisticsInterval} steps later, whether they were ready long before or have to be waited for; so a training
     * is the same from run to run and from machine to machine. The first inverses, as long as they are more frequent than later on, are waited for. Unless this is called each refresh ends within its
     * step.
     *
     * @return this builder
     */
    public B backgroundRefresh() {
        draft.background = true;
        return self();
    }

    /**
     * Sets how long the moving averages remember.
     *
     * @param decay upper bound of the old average's weight, in [0,1); the first 1/(1-decay) batches form a plain mean
     * @return this builder
     */
    public B statisticsDecay(double decay) {
        draft.statisticsDecay = decay;
        return self();
    }

    /**
     * Sets the share of the batch that enters the statistics and goes through the second backward pass.
     *
     * @param fraction in (0,1]
     * @return this builder
     */
    public B statisticsFraction(double fraction) {
        draft.statisticsFraction = fraction;
        return self();
    }

    /**
     * Sets the largest side of a Kronecker factor. Layers with more inputs get a doubly factored block; layers with more outputs
     * the fallback updater.
     *
     * @param dimension at least 1
     * @return this builder
     */
    public B maxFactorDimension(int dimension) {
        Option.count("maxFactorDimension", dimension, "");
        this.maxFactorDimension = dimension;
        return self();
    }
}
