package io.github.dl4jkfac.examples.training;

/**
 * What a checkpoint belongs to. Continuing with anything else would be a different run.
 *
 * @param optimizer which optimizer
 * @param description problem, batch, seed and the optimizer's settings in one line
 */
record RunIdentity(Optimizer optimizer, String description) {

    static RunIdentity of(Problem problem, Optimizer optimizer, HyperParameters settings, int batch, long seed) {
        return new RunIdentity(
                optimizer,
                problem.signature() + ", batch " + batch + ", seed " + seed + ", " + optimizer.id() + " "
                        + settings.describe());
    }
}
