package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;

/** Trains several optimizers in turn on one problem: same initial parameters, same batches, same budget. */
public final class Comparison {

    private final Problem problem;
    private final Map<Optimizer, OptimizerSettings> contenders;
    private final Budget budget;
    private final int batch;
    private final Set<Optimizer> warm = EnumSet.noneOf(Optimizer.class);

    /**
     * @param problem what to train
     * @param contenders the optimizers in order, with their settings
     * @param budget of each
     * @param batch examples per step
     */
    public Comparison(Problem problem, Map<Optimizer, OptimizerSettings> contenders, Budget budget, int batch) {
        this.problem = problem;
        this.contenders = contenders;
        this.budget = budget;
        this.batch = batch;
    }

    /**
     * Reads every checkpoint that {@link #run} will resume from, so that a bad one is known before anything is written.
     *
     * @param seed of the run
     * @param checkpoints where from
     */
    public void checkResumable(long seed, SavedRuns checkpoints) {
        contenders.forEach((optimizer, settings) -> checkpoints.resume(identity(optimizer, settings, seed)));
    }

    /**
     * Trains all contenders.
     *
     * @param seed of initial parameters, batches and sampling
     * @param checkpoints where to save and resume
     * @param listener is told how it goes
     */
    public void run(long seed, SavedRuns checkpoints, ComparisonListener listener) {
        listener.preparing("evaluating the network at its initial parameters");
        Row start = start(seed);
        contenders.forEach((optimizer, settings) -> {
            // Before the first run, so that a kill during it leaves something to resume for the others as well.
            RunIdentity run = identity(optimizer, settings, seed);
            if (checkpoints.lacks(run)) {
                SavedRun state = state(run, settings, seed, checkpoints, start);
                checkpoints.save(run, state.network(), state.rows());
            }
        });
        contenders.forEach((optimizer, settings) -> {
            if (warm.add(optimizer)) {
                listener.preparing("warming up " + optimizer.id() + " on a network that is thrown away");
                Networks.warmUp(problem, optimizer, settings, batch);
            }
            RunIdentity run = identity(optimizer, settings, seed);
            SavedRun state = state(run, settings, seed, checkpoints, start);
            listener.started(optimizer, state.rows());
            List<Row> rows = new TrainingRun(problem, budget, batch, seed, listener)
                    .train(state.network(), state.rows(), all -> checkpoints.save(run, state.network(), all));
            listener.finished(optimizer, state.network(), rows);
        });
    }

    /** @return the row of step 0: the initial parameters, and so their scores, are the same for all contenders */
    private Row start(long seed) {
        Model network = problem.network(Optimizer.SGD.updater(OptimizerSettings.DEFAULTS, seed), seed);
        return new Row(0, 0, 0, 0, problem.evaluate(network));
    }

    private SavedRun state(RunIdentity run, OptimizerSettings settings, long seed, SavedRuns checkpoints, Row start) {
        return checkpoints
                .resume(run)
                .orElseGet(
                        () -> new SavedRun(Networks.create(problem, run.optimizer(), settings, seed), List.of(start)));
    }

    private RunIdentity identity(Optimizer optimizer, OptimizerSettings settings, long seed) {
        return RunIdentity.of(problem, optimizer, settings, budget, batch, seed);
    }
}
