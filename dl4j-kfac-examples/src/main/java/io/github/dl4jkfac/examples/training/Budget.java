package io.github.dl4jkfac.examples.training;

/**
 * When a training run ends, and how often it is evaluated on the way. Whichever bound is reached first counts.
 *
 * @param seconds wall-clock of training alone; positive infinity for no bound
 * @param steps parameter updates; {@link Long#MAX_VALUE} for no bound
 * @param evaluations how many evaluations, evenly over the budget, the last one at the end
 */
public record Budget(double seconds, long steps, int evaluations) {

    /**
     * @param step parameter updates so far
     * @param atSeconds seconds of training so far
     * @return the part of the budget that is used up; 1 or more at the end
     */
    public double used(long step, double atSeconds) {
        return Math.max(atSeconds / seconds, step / (double) steps);
    }

    /** @return when it ends, in a few words */
    String bounds() {
        return (Double.isFinite(seconds) ? seconds + " s" : "")
                + (steps < Long.MAX_VALUE ? (Double.isFinite(seconds) ? " or " : "") + steps + " steps" : "");
    }

    /**
     * @param step parameter updates so far
     * @param atSeconds seconds of training so far
     * @return which of the evenly spaced evaluations was due last
     */
    public int evaluationIndex(long step, double atSeconds) {
        // multiplied before it is divided: 29 / 100 * 100 is less than 29 in floating point, 29 * 100 / 100 is not
        double bySteps = (double) step * evaluations / steps;
        return (int) Math.floor(Math.max(atSeconds * evaluations / seconds, bySteps));
    }

    /**
     * @param step parameter updates so far
     * @param atSeconds seconds of training so far
     * @return an estimate of the seconds that remain
     */
    public double remainingSeconds(long step, double atSeconds) {
        double used = used(step, atSeconds);
        return used <= 0 ? seconds : Math.max(0, atSeconds * (1 - used) / used);
    }
}
