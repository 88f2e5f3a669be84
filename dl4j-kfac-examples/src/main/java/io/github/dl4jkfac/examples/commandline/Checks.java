package io.github.dl4jkfac.examples.commandline;

import io.github.dl4jkfac.examples.failures.UserError;

/** Checks of numbers from the command line. */
public final class Checks {

    private Checks() {}

    public static void positive(String option, Double value) {
        if (value != null && !(value > 0 && Double.isFinite(value))) {
            throw new UserError(option + " must be a positive number. Got: " + value);
        }
    }

    public static void notNegative(String option, Double value) {
        if (value != null && !(value >= 0 && Double.isFinite(value))) {
            throw new UserError(option + " must be zero or a positive number. Got: " + value);
        }
    }

    public static void atLeastOne(String option, Number value) {
        if (value != null && value.longValue() < 1) {
            throw new UserError(option + " must be at least 1. Got: " + value);
        }
    }

    public static void within(String option, Number value, long least, long most) {
        if (value != null && (value.longValue() < least || value.longValue() > most)) {
            throw new UserError(option + " must be within " + least + " and " + most + ". Got: " + value);
        }
    }

    /** Seeds are counted up. */
    public static void repetitions(long seed, int repeat) {
        within("--repeat", repeat, 1, 1000);
        if (seed > Long.MAX_VALUE - (repeat - 1)) {
            throw new UserError("--seed " + seed + " with --repeat " + repeat
                    + " counts beyond the largest number of 64 bits; take a smaller seed");
        }
    }

    public static void memory(String option, Double value) {
        if (value != null && !(value >= 0 && value < 1)) {
            throw new UserError(option + " must be within 0 and 1, 1 excluded. Got: " + value);
        }
    }
}
