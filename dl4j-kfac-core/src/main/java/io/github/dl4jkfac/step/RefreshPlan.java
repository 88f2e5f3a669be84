package io.github.dl4jkfac.step;

/**
 * The clocks of statistics and inverses. Both run every so many steps. If so wanted they run more often at first, since the curvature changes
 * fastest at the beginning and one batch is a poor estimate: from one time to the next a quarter of the steps taken so far go by, at least one and at
 * most the interval.
 *
 * @param statisticsInterval steps between two batches that enter the factors
 * @param inverseInterval steps between two refreshes of the inverses
 * @param early whether both run more often at first
 */
public record RefreshPlan(int statisticsInterval, int inverseInterval, boolean early) {

    /** The share of the steps taken that goes by from one time to the next is one over this. */
    private static final int GROWTH = 4;

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

    /**
     * Tells whether the inverses are as seldom as they stay.
     *
     * @param step number of steps taken before this one
     * @return false as long as they follow the factors more often
     */
    public boolean hasSettled(long step) {
        return hasSettled(step, inverseInterval);
    }

    private boolean hasSettled(long step, int interval) {
        return !early || step >= (long) GROWTH * interval;
    }

    private boolean due(long step, int interval) {
        if (hasSettled(step, interval)) {
            return step % interval == 0;
        }
        long next = 0;
        while (next < step) {
            next += Math.max(1, Math.min(interval, next / GROWTH));
        }
        return next == step;
    }
}
