package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.models.Models;
import io.github.dl4jkfac.examples.optimizers.LinearDecay;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.deeplearning4j.nn.api.Model;

/**
 * One network trained by one optimizer within a budget, evaluated at regular intervals.
 *
 * <p>The clock runs during {@code fit} alone: evaluation, checkpoints and display cost nothing.
 */
public final class TrainingRun {

    private final Problem problem;
    private final Budget budget;
    private final int batch;
    private final long seed;
    private final Progress progress;
    private final Stepper stepper;
    private final int batchesPerStep;

    /** What is done in a step. */
    @FunctionalInterface
    public interface Stepper {

        /**
         * @param network takes the step
         * @param batches where its batches come from
         * @param step number of the step, 0 for the first
         */
        void step(Model network, TrainingBatches batches, long step);
    }

    /**
     * @param problem what to train
     * @param budget when to end
     * @param batch examples per step
     * @param seed of the order of the batches
     * @param progress is told about every step and row
     */
    public TrainingRun(Problem problem, Budget budget, int batch, long seed, Progress progress) {
        this(
                problem,
                budget,
                batch,
                seed,
                progress,
                (network, batches, step) -> Models.fit(network, batches.at(step)),
                1);
    }

    /**
     * @param problem what to train
     * @param budget when to end
     * @param batch examples in a batch
     * @param seed of the order of the batches
     * @param progress is told about every step and row
     * @param stepper takes a step
     * @param batchesPerStep how many batches it takes for that
     */
    public TrainingRun(
            Problem problem,
            Budget budget,
            int batch,
            long seed,
            Progress progress,
            Stepper stepper,
            int batchesPerStep) {
        this.stepper = stepper;
        this.batchesPerStep = batchesPerStep;
        this.problem = problem;
        this.budget = budget;
        this.batch = batch;
        this.seed = seed;
        this.progress = progress;
    }

    /**
     * Trains until the budget is used up or the loss is no longer finite.
     *
     * @param network the network to train, at the state of the last row
     * @param soFar rows until now, at least that of step 0
     * @param afterRow called with all rows after each new one; the place for checkpoints
     * @return all rows; the last one is the end of the run
     */
    public List<Row> train(Model network, List<Row> soFar, Consumer<List<Row>> afterRow) {
        return train(network, soFar, afterRow, row -> false);
    }

    /**
     * Trains until the budget is used up, the loss is no longer finite, or an evaluation is good enough.
     *
     * @param network the network to train, at the state of the last row
     * @param soFar rows until now, at least that of step 0
     * @param afterRow called with all rows after each new one; the place for checkpoints
     * @param enough tells of a new row whether training can end with it
     * @return all rows; the last one is the end of the run
     */
    public List<Row> train(Model network, List<Row> soFar, Consumer<List<Row>> afterRow, Predicate<Row> enough) {
        List<Row> rows = new ArrayList<>(soFar);
        Row last = rows.get(rows.size() - 1);
        TrainingClock clock = new TrainingClock(last.seconds(), last.cpuSeconds());
        long step = last.step();
        boolean finite = last.scores().finite();
        boolean ended = false;
        try (TrainingBatches batches = problem.batches(batch, seed)) {
            while (finite && !ended && budget.used(step, clock.seconds()) < 1) {
                LinearDecay.used(budget.used(step, clock.seconds()));
                clock.start();
                stepper.step(network, batches, step);
                clock.stop();
                step++;
                finite = Double.isFinite(network.score());
                progress.stepDone(step, clock.seconds(), network.score());
                if (!finite || due(last, step, clock)) {
                    last = new Row(
                            step,
                            step * batch * batchesPerStep,
                            clock.seconds(),
                            clock.cpuSeconds(),
                            problem.evaluate(network));
                    rows.add(last);
                    progress.evaluated(last);
                    afterRow.accept(List.copyOf(rows));
                    ended = enough.test(last);
                }
            }
        } finally {
            LinearDecay.used(0);
        }
        return List.copyOf(rows);
    }

    private boolean due(Row last, long step, TrainingClock clock) {
        return budget.used(step, clock.seconds()) >= 1
                || budget.evaluationIndex(step, clock.seconds()) > budget.evaluationIndex(last.step(), last.seconds());
    }
}
