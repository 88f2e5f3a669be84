package io.github.dl4jkfac.examples.training;

/**
 * What a checkpoint belongs to. Continuing with anything else would be a different run.
 *
 * @param optimizer which optimizer
 * @param description problem, batch, seed and the optimizer's settings in one line
 */
record RunIdentity(Optimizer optimizer, String description) {

    static RunIdentity of(
            Problem problem, Optimizer optimizer, HyperParameters settings, Budget budget, int batch, long seed) {
        // A decaying rate depends on where the end is; a constant one lets a run go on for longer.
        String end = settings.schedule() == Schedule.LINEAR ? " to " + budget.bounds() : "";
        return new RunIdentity(
                optimizer,
                problem.signature() + ", batch " + batch + ", seed " + seed + ", " + optimizer.id() + " "
                        + settings.describe() + end);
    }
}
