package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Schedule;

/**
 * What a checkpoint belongs to. Continuing with anything else would be a different run.
 *
 * @param optimizer which optimizer
 * @param description problem, batch, seed and the optimizer's settings in one line
 */
record RunIdentity(Optimizer optimizer, String description) {

    static RunIdentity of(
            Problem problem, Optimizer optimizer, OptimizerSettings settings, Budget budget, int batch, long seed) {
        // A decaying rate depends on where the end is; a constant one lets a run go on for longer.
        String end = settings.schedule() == Schedule.LINEAR ? " to " + budget.bounds() : "";
        return new RunIdentity(
                optimizer,
                problem.signature() + ", batch " + batch + ", seed " + seed + ", " + optimizer.id() + " "
                        + settings.describe() + end);
    }
}
