package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.diagnostics.FisherProducts;
import io.github.dl4jkfac.diagnostics.UpdateQuality;
import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.models.Models;
import io.github.dl4jkfac.examples.training.Networks;
import io.github.dl4jkfac.examples.training.Problem;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Trains a network, stops at several stages, and measures there how good the directions of many methods are (Wu et al. 2024,
 * sec. 6). The parameters stay as they are while it measures, and the methods do not train: all are measured at the same
 * places and on the same batches, those that come next in training.
 */
public final class Study {

    private final Problem problem;
    private final Plan plan;

    /**
     * @param problem what is trained
     * @param plan what to do
     */
    public Study(Problem problem, Plan plan) {
        this.problem = problem;
        this.plan = plan;
    }

    /**
     * Trains once and measures at all stages.
     *
     * @param seed of initial parameters, batches and sampling
     * @param listener is told what comes out
     */
    public void run(long seed, StudyListener listener) {
        Model network = Networks.create(problem, plan.optimizer(), plan.settings(), seed);
        try (TrainingBatches batches = problem.batches(plan.batch(), seed)) {
            int step = 0;
            for (int end : plan.stages()) {
                for (; step < end; step++) {
                    Models.fit(network, batches.at(step));
                }
                StudyStage stage = new StudyStage(seed, step, problem.evaluate(network), network);
                listener.reached(stage);
                measure(stage, batches, listener);
            }
        }
    }

    private void measure(StudyStage stage, TrainingBatches batches, StudyListener listener) {
        Map<Candidate, UpdaterProbe> probes = new LinkedHashMap<>();
        plan.candidates().forEach(candidate -> probes.put(candidate, probe(candidate, stage)));
        long next = stage.step();
        for (int i = 0; i < plan.warmUp(); i++) {
            warmUp(probes, inDoublePrecision(batches.at(next++)));
        }
        FisherProducts fisher = null;
        for (int i = 1; i <= plan.measured(); i++) {
            DataSet batch = inDoublePrecision(batches.at(next++));
            fisher = fisher == null ? FisherProducts.of(stage.network(), batch) : fisher.on(batch);
            measure(stage, i, batch, fisher, probes, listener);
            Nd4j.getMemoryManager()
                    .invokeGc(); // ND4J's arrays are small on the heap that the collector looks at, and large beside it
        }
    }

    private UpdaterProbe probe(Candidate candidate, StudyStage stage) {
        StudiedMethod method = candidate.method();
        IUpdater updater = method.optimizer().updater(method.settings(candidate.damping()), stage.seed());
        Model network = Models.inDoublePrecision(problem.network(updater, stage.seed()));
        network.setParams(stage.network().params().castTo(DataType.DOUBLE));
        return new UpdaterProbe(Networks.ready(network, method.optimizer()));
    }

    private static void warmUp(Map<Candidate, UpdaterProbe> probes, DataSet batch) {
        probes.forEach((candidate, probe) -> {
            if (candidate.method().family().averages()) {
                probe.direction(batch);
            }
        });
    }

    private void measure(
            StudyStage stage,
            int number,
            DataSet batch,
            FisherProducts fisher,
            Map<Candidate, UpdaterProbe> probes,
            StudyListener listener) {
        UpdateQuality quality = new UpdateQuality(fisher);
        INDArray natural = plan.exact().solve(fisher).direction();
        Map<Candidate, INDArray> directions = new LinkedHashMap<>();
        directions.put(new Candidate(StudiedMethod.EXACT, null), natural);
        probes.forEach((candidate, probe) -> directions.put(candidate, probe.direction(batch)));
        directions.forEach((candidate, direction) -> listener.measured(new Measurement(
                stage.seed(),
                stage.step(),
                number,
                candidate,
                quality.relative(direction),
                UpdateQuality.cosine(direction, natural))));
    }

    private static DataSet inDoublePrecision(DataSet batch) {
        return new DataSet(
                batch.getFeatures().castTo(DataType.DOUBLE), batch.getLabels().castTo(DataType.DOUBLE));
    }
}
