package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.Schedule;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Problem;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options on how long and with what to train. */
final class RunOptions {

    private static final double DEFAULT_SECONDS = 120;

    @Option(
            names = "--optimizers",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "kfac,nesterovs,adam",
            completionCandidates = OptimizerNames.class,
            description = "Optimizers to train in turn: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    List<String> optimizers;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Examples per step. Default: 1000 for the autoencoder, 64 for vgg, else 128.")
    private Integer batch;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Time to train each optimizer for, evaluation not counted. "
                    + "Default: 120, or no bound where --steps is given.")
    Double seconds;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Steps to train each optimizer for at most. Default: no bound.")
    Long steps;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description = "Learning rate over the run, of all optimizers: constant, or linear, which ends at zero with "
                    + "the budget. Default: constant.")
    Schedule schedule;

    @Mixin
    ThreadOptions threads;

    /** Checks the numbers and sets the number of threads. */
    void apply() {
        Checks.atLeastOne("--batch", batch);
        Checks.atLeastOne("--steps", steps);
        Checks.positive("--seconds", seconds);
        threads.apply();
    }

    /**
     * @param evaluations how many evaluations
     * @return when to end
     */
    Budget budget(int evaluations) {
        double time = seconds != null ? seconds : steps != null ? Double.POSITIVE_INFINITY : DEFAULT_SECONDS;
        return new Budget(time, steps == null ? Long.MAX_VALUE : steps, evaluations);
    }

    /** @return the optimizers, each once, in the order given */
    Set<Optimizer> chosen() {
        Set<Optimizer> chosen = new LinkedHashSet<>();
        optimizers.forEach(name -> chosen.add(Optimizer.of(name.trim())));
        return chosen;
    }

    /**
     * @param problem what is trained
     * @return examples per step
     * @throws UserError if these are more than there are
     */
    int batch(Problem problem) {
        int chosen = batch == null ? problem.defaultBatch() : batch;
        checkBatch("--batch", chosen, problem.trainCount());
        return chosen;
    }

    static void checkBatch(String option, int batch, int images) {
        if (batch > images) {
            throw new UserError(
                    option + " " + batch + " is more than the " + images + " training examples; take a smaller batch");
        }
    }
}
