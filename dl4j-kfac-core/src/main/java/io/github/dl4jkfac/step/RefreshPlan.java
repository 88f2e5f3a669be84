package io.github.dl4jkfac.step;

/**
 * The clocks of statistics and inverses. Both run every so many steps; and in their first interval, if so wanted, at the steps 1, 2,
 * 4, 8, ... as well, since the curvature changes fastest at the beginning and one batch is a poor estimate.
 *
 * @param statisticsInterval steps between two batches that enter the factors
 * @param inverseInterval steps between two refreshes of the inverses
 * @param early whether the first interval has more of both
 */
public record RefreshPlan(int statisticsInterval, int inverseInterval, boolean early) {

    /**
     * Makes the plan with an early start.
     *
     * @param statisticsInterval steps between two batches that enter the factors
     * @param inverseInterval steps between two refreshes of the inverses
     */
    public RefreshPlan(int statisticsInterval, int inverseInterval) {
        this(statisticsInterval, inverseInterval, true);
    }

    /**
     * Tells whether the batch of a step enters the factors. It does whenever the inverses follow.
     *
     * @param step number of steps taken before this one
     * @return whether it is due
     */
    public boolean statisticsDue(long step) {
        return due(step, statisticsInterval) || inversesDue(step);
    }

    /**
     * Tells whether the inverses follow the factors at a step.
     *
     * @param step number of steps taken before this one
     * @return whether it is due
     */
    public boolean inversesDue(long step) {
        return due(step, inverseInterval);
    }

    private boolean due(long step, int interval) {
        return step % interval == 0 || (early && step < interval && Long.bitCount(step) == 1);
    }
}
