package io.github.dl4jkfac.examples.bench;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.diagnostics.Phase;
import io.github.dl4jkfac.diagnostics.StepReport;
import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.models.Models;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.training.Networks;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.TrainingClock;
import io.github.dl4jkfac.lean.LeanPasses;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.commons.statistics.descriptive.Median;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.dataset.DataSet;

/** A network that is trained only to see what its steps cost. */
public final class BenchSubject implements AutoCloseable {

    private static final double NANOS_PER_MILLI = 1e6;

    private final StepTimer timer = new StepTimer();
    private final Model network;
    private final KFacListener listener;
    private final TrainingBatches batches;
    private long step;

    /**
     * @param problem what to train
     * @param optimizer which optimizer
     * @param settings its settings
     * @param batch examples per step
     * @param variant how it is run
     */
    public BenchSubject(Problem problem, Optimizer optimizer, OptimizerSettings settings, int batch, Variant variant) {
        network = Networks.create(problem, optimizer, variant.of(settings), 1);
        if (variant.isLean()) {
            LeanPasses.attach(network);
        }
        network.addListeners(timer);
        listener = optimizer.firstOrder() ? null : KFacListener.attach(network);
        batches = problem.batches(batch, 1);
    }

    /**
     * @param optimizer which optimizer
     * @param settings what the user set
     * @param batch examples per step
     * @return operations of a step over those of gradient descent, counted; empty if they are not known
     */
    public OptionalDouble operations(Optimizer optimizer, OptimizerSettings settings, int batch) {
        return StepOperations.of(network).ratio(optimizer, settings, batch);
    }

    /**
     * Trains on; fetching the batches is not counted.
     *
     * @param steps how many steps
     * @return their mean cost
     */
    public StepCost run(int steps) {
        long forward = timer.forwardNanos();
        long backward = timer.backwardNanos();
        Map<Phase, Long> before = phases();
        TrainingClock clock = new TrainingClock(0, 0);
        double[] seconds = new double[steps];
        for (int i = 0; i < steps; i++) {
            DataSet batch = batches.at(step++);
            seconds[i] = -clock.seconds();
            clock.start();
            timer.start();
            Models.fit(network, batch);
            clock.stop();
            seconds[i] += clock.seconds();
        }
        Map<Phase, Long> after = phases();
        double perStep = 1 / (steps * NANOS_PER_MILLI);
        return new StepCost(
                1000 * clock.seconds() / steps,
                1000 * Median.withDefaults().evaluate(seconds),
                1000 * Arrays.stream(seconds).max().orElse(0),
                1000 * clock.cpuSeconds() / steps,
                (timer.forwardNanos() - forward) * perStep,
                (timer.backwardNanos() - backward) * perStep,
                spent(Phase.CAPTURE, before, after) * perStep,
                spent(Phase.SAMPLED_BACKWARD, before, after) * perStep,
                spent(Phase.FACTORS, before, after) * perStep,
                spent(Phase.INVERSES, before, after) * perStep,
                spent(Phase.PRECONDITIONING, before, after) * perStep);
    }

    /** Ends what prepares the batches. */
    @Override
    public void close() {
        batches.close();
    }

    private Map<Phase, Long> phases() {
        StepReport report = listener == null ? null : listener.report(network);
        return report == null ? Map.of() : report.phaseNanos();
    }

    private static long spent(Phase phase, Map<Phase, Long> before, Map<Phase, Long> after) {
        return after.getOrDefault(phase, 0L) - before.getOrDefault(phase, 0L);
    }
}
