package io.github.dl4jkfac.step;

import org.nd4j.linalg.schedule.ISchedule;

/** What options may be, and how a value that they may not be is named: the same wherever it comes from. */
public final class Option {

    private Option() {}

    /**
     * Checks a rate, which is positive.
     *
     * @param option its name
     * @param value the rate
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public static void rate(String option, double value) {
        require(value > 0 && Double.isFinite(value), option, "a positive number", value);
    }

    /**
     * Checks a memory or a momentum, which is in [0,1).
     *
     * @param option its name
     * @param value the share
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public static void share(String option, double value) {
        require(value >= 0 && value < 1, option, "in [0, 1)", value);
    }

    /**
     * Checks a coefficient, which is not negative.
     *
     * @param option its name
     * @param value the coefficient
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public static void notNegative(String option, double value) {
        require(value >= 0 && Double.isFinite(value), option, "zero or positive", value);
    }

    /**
     * Checks a number of things, of which there is one at least.
     *
     * @param option its name
     * @param value the number
     * @param unit what is counted; empty for a number as such
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public static void count(String option, int value, String unit) {
        require(value >= 1, option, ("at least 1 " + unit).trim(), value);
    }

    /**
     * Checks a choice, which has to be made.
     *
     * @param option its name
     * @param value the choice
     * @throws IllegalArgumentException naming the option if it is null
     */
    public static void choice(String option, Object value) {
        require(value != null, option, "set", null);
    }

    /**
     * Refuses a value.
     *
     * @param holds whether it is allowed
     * @param option its name
     * @param allowed what is allowed, as what the option must be
     * @param value the value
     * @throws IllegalArgumentException naming all of that, if it is not allowed
     */
    public static void require(boolean holds, String option, String allowed, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(option + " must be " + allowed + ", got " + value);
        }
    }

    /**
     * Evaluates a schedule of learning rates, dampings or bounds. Zero is allowed, since many schedules end there.
     *
     * @param option the option that it sets
     * @param schedule the schedule
     * @param iteration DL4J's iteration count
     * @param epoch DL4J's epoch count
     * @return its value
     * @throws IllegalArgumentException if that is no number, infinite or negative, naming the schedule and the time
     */
    public static double scheduled(String option, ISchedule schedule, int iteration, int epoch) {
        double value = schedule.valueAt(iteration, epoch);
        if (!(value >= 0 && Double.isFinite(value))) {
            throw new IllegalArgumentException(option + " must be zero or positive, got " + value + " at iteration "
                    + iteration + ", epoch " + epoch + " from " + schedule
                    + ". Correct the schedule, which has to have a finite value at every iteration that it is used for,"
                    + " or put a constant in its place");
        }
        return value;
    }
}
