package io.github.dl4jkfac.examples.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.diagnostics.ExactNaturalGradient;
import io.github.dl4jkfac.diagnostics.FisherProducts;
import io.github.dl4jkfac.diagnostics.UpdateQuality;
import io.github.dl4jkfac.examples.data.LabelledData;
import io.github.dl4jkfac.examples.data.LabelledSplit;
import io.github.dl4jkfac.examples.data.PixelEncoding;
import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.models.Models;
import io.github.dl4jkfac.examples.models.TanhClassifier;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.training.ClassificationProblem;
import io.github.dl4jkfac.examples.training.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

class StudyTest {

    private static final int SIZE = 9;
    private static final int CLASSES = 3;
    private static final ExactNaturalGradient EXACT = new ExactNaturalGradient(1e-3, 200, 1e-4);

    private final Problem problem = problem();

    @Test
    void anUpdatersDirectionIsReadOffItsStep() {
        Model network = Models.inDoublePrecision(problem.network(new Sgd(0.25), 1));
        INDArray before = network.params().dup();
        DataSet batch = batch();
        FisherProducts fisher = FisherProducts.of(network, batch);

        INDArray direction = new UpdaterProbe(network).direction(batch);

        assertThat(network.params()).isEqualTo(before);
        assertThat(direction.distance2(fisher.gradient().mul(0.25))).isLessThan(1e-10);
        assertThat(new UpdateQuality(fisher).relative(direction)).isCloseTo(1, within(1e-8));
    }

    @Test
    void everyMethodIsMeasuredOnEveryBatchOfEveryStage() {
        List<StudiedMethod> methods = StudiedMethod.updaters();
        Record record = run(plan(List.of(0, 3), methods, 2), 5);

        assertThat(record.stages).extracting(StudyStage::step).containsExactly(0, 3);
        assertThat(record.stages).extracting(StudyStage::seed).containsOnly(5L);
        assertThat(record.measurements).hasSize(2 * 2 * (1 + methods.size()));
        assertThat(record.of(StudiedMethod.EXACT)).allSatisfy(one -> {
            assertThat(one.indicator()).isLessThan(1);
            assertThat(one.cosine()).isCloseTo(1, within(1e-9));
        });
        for (StudiedMethod method : methods) {
            assertThat(record.of(method))
                    .as(method.id())
                    .hasSize(4)
                    .zipSatisfy(record.of(StudiedMethod.EXACT), (one, exact) -> {
                        assertThat(one.batch()).isEqualTo(exact.batch());
                        assertThat(one.indicator()).isBetween(0.99 * exact.indicator(), 100.);
                        assertThat(one.cosine()).isBetween(0., 1.);
                    });
        }
    }

    @Test
    void measuringDoesNotDisturbTraining() {
        INDArray measured = run(plan(List.of(0, 2, 4), List.of(StudiedMethod.KFAC), 3), 1).end;
        INDArray undisturbed = run(plan(List.of(4), List.of(), 1), 1).end;
        assertThat(measured).isEqualTo(undisturbed);
    }

    @Test
    void theSameSeedGivesTheSameFigures() {
        Plan plan = plan(List.of(2), List.of(StudiedMethod.KFAC, StudiedMethod.SF), 2);
        assertThat(run(plan, 3).measurements).isEqualTo(run(plan, 3).measurements);
        assertThat(run(plan, 3).measurements).isNotEqualTo(run(plan, 4).measurements);
    }

    @Test
    void theDampingReachesTheMethod() {
        List<Candidate> candidates = Stream.of(null, 1e-6, 1e3)
                .map(damping -> new Candidate(StudiedMethod.IEF, damping))
                .toList();
        Plan plan = new Plan(Optimizer.SGD, OptimizerSettings.DEFAULTS, List.of(0), 8, 1, 0, EXACT, candidates);
        List<Measurement> measurements = run(plan, 1).of(StudiedMethod.IEF);
        assertThat(measurements).hasSize(3);
        assertThat(measurements).extracting(Measurement::indicator).doesNotHaveDuplicates();
    }

    private static Plan plan(List<Integer> stages, List<StudiedMethod> methods, int batches) {
        List<Candidate> candidates =
                methods.stream().map(method -> new Candidate(method, null)).toList();
        return new Plan(Optimizer.ADAM, OptimizerSettings.DEFAULTS, stages, 8, batches, 1, EXACT, candidates);
    }

    private Record run(Plan plan, long seed) {
        Record record = new Record();
        new Study(problem, plan).run(seed, record);
        return record;
    }

    private static final class Record implements StudyListener {

        private final List<StudyStage> stages = new ArrayList<>();
        private final List<Measurement> measurements = new ArrayList<>();
        private INDArray end;

        @Override
        public void reached(StudyStage stage) {
            stages.add(stage);
            end = stage.network().params().dup();
        }

        @Override
        public void measured(Measurement measurement) {
            measurements.add(measurement);
        }

        List<Measurement> of(StudiedMethod method) {
            return measurements.stream()
                    .filter(one -> one.candidate().method() == method)
                    .toList();
        }
    }

    private DataSet batch() {
        try (TrainingBatches batches = problem.batches(8, 1)) {
            DataSet batch = batches.at(0);
            return new DataSet(
                    batch.getFeatures().castTo(DataType.DOUBLE),
                    batch.getLabels().castTo(DataType.DOUBLE));
        }
    }

    /** Noise, where the brightest third tells the class. */
    private static Problem problem() {
        Random random = new Random(1);
        byte[] labels = new byte[60];
        byte[] values = new byte[labels.length * SIZE];
        random.nextBytes(values);
        int third = SIZE / CLASSES;
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) random.nextInt(CLASSES);
            for (int pixel = 0; pixel < third; pixel++) {
                values[i * SIZE + labels[i] * third + pixel] = (byte) 255;
            }
        }
        LabelledData data = new LabelledData(values, SIZE, labels, CLASSES);
        return new ClassificationProblem(
                new TanhClassifier(List.of(SIZE, 5, 5, 5, CLASSES)),
                new LabelledSplit("test", data, data),
                new PixelEncoding(SIZE),
                null,
                20);
    }
}
