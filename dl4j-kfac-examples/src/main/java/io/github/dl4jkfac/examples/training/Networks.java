package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.diagnostics.StepReport;
import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.models.Models;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import java.util.Objects;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.learning.config.IUpdater;

/** Networks ready to train, and warming up the machine for them. */
public final class Networks {

    private static final int WARM_UP_STEPS = 3;

    private Networks() {}

    /**
     * @param problem what to train
     * @param optimizer which optimizer
     * @param chosen its settings
     * @param seed of the initial parameters and of the optimizer's random numbers
     * @return a new network at the initial parameters of that seed, which are the same for every optimizer
     */
    public static Model create(Problem problem, Optimizer optimizer, OptimizerSettings chosen, long seed) {
        Model network = problem.network(updater(problem, optimizer, chosen, seed), seed);
        optimizer.prepare(network);
        return ready(network, optimizer);
    }

    /**
     * @param problem what to train
     * @param optimizer which optimizer
     * @param chosen its settings
     * @param seed of the optimizer's random numbers
     * @return the configuration that the network of {@link #create} gets
     */
    public static IUpdater updater(Problem problem, Optimizer optimizer, OptimizerSettings chosen, long seed) {
        OptimizerSettings settings =
                chosen.or(problem.defaults(optimizer)).with(Setting.EPOCH_SIZE, problem.trainCount());
        return optimizer.updater(settings, seed);
    }

    /**
     * @param network a new or restored network
     * @param optimizer the optimizer that it was configured with
     * @return the same network, with the listener that the optimizer needs
     */
    public static Model ready(Model network, Optimizer optimizer) {
        if (!optimizer.firstOrder()) {
            // Attaching twice is harmless.
            KFacListener.attach(network);
        }
        return network;
    }

    /**
     * @param network a network that has been trained
     * @return how many batches K-FAC left out because something in them was not finite; 0 for other optimizers
     */
    public static long skippedBatches(Model network) {
        return Models.listeners(network).stream()
                .filter(KFacListener.class::isInstance)
                .map(listener -> ((KFacListener) listener).report(network))
                .filter(Objects::nonNull)
                .mapToLong(StepReport::skippedBatches)
                .sum();
    }

    /**
     * Takes a few steps on a network that is thrown away, so that no run pays for class loading, compilation and the
     * start of the BLAS threads, and an optimizer that cannot train the problem says so before any run.
     *
     * @param problem what will be trained
     * @param optimizer which optimizer
     * @param chosen its settings
     * @param batch examples per step
     * @throws UserError if the optimizer refuses the network or the batch
     */
    public static void warmUp(Problem problem, Optimizer optimizer, OptimizerSettings chosen, int batch) {
        Model network = create(problem, optimizer, chosen, 0);
        try (TrainingBatches batches = problem.batches(batch, 0)) {
            for (int step = 0; step < WARM_UP_STEPS; step++) {
                Models.fit(network, batches.at(step));
            }
        } catch (IllegalStateException e) {
            throw new UserError(optimizer.id() + ": " + e.getMessage(), e);
        }
    }
}
