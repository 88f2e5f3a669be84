package io.github.dl4jkfac.examples.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.examples.data.ColourEncoding;
import io.github.dl4jkfac.examples.data.Encoding;
import io.github.dl4jkfac.examples.data.LabelledBatches;
import io.github.dl4jkfac.examples.data.LabelledData;
import io.github.dl4jkfac.examples.data.LabelledSplit;
import io.github.dl4jkfac.examples.data.SymbolEncoding;
import io.github.dl4jkfac.examples.data.TemporalOrderSource;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.models.LstmClassifier;
import io.github.dl4jkfac.examples.models.Models;
import io.github.dl4jkfac.examples.models.ResNet20;
import io.github.dl4jkfac.examples.models.SmallVgg;
import io.github.dl4jkfac.examples.optimizers.LinearDecay;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Schedule;
import io.github.dl4jkfac.examples.optimizers.Setting;
import io.github.dl4jkfac.solve.BlasThreads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

class ClassificationProblemTest {

    private static final InputType.InputTypeConvolutional IMAGES =
            (InputType.InputTypeConvolutional) InputType.convolutional(32, 32, 3);
    private static final int BATCH = 20;
    private static final long SEED = 4;

    static {
        // Networks this small gain nothing from threads, and lose much to them on a busy machine.
        BlasThreads.set(1);
    }

    @TempDir
    private Path folder;

    private final LabelledSplit sequences = TemporalOrderSource.generate(10).first(60, 30);
    private final Encoding encoding = new SymbolEncoding(TemporalOrderSource.SYMBOLS, 10);
    private final ClassificationProblem lstm =
            new ClassificationProblem(new LstmClassifier(8, 10, 6, 4, Map.of()), sequences, encoding, null, 40);

    @Test
    void resNet20HasTheLayersAndParametersOfThePaper() {
        ComputationGraph network = (ComputationGraph) new ResNet20(IMAGES, 10, 0).network(new Sgd(0.1), 1);
        int convolutions = 16 * 3 * 9 + 6 * 16 * 16 * 9 + (16 * 32 + 5 * 32 * 32) * 9 + (32 * 64 + 5 * 64 * 64) * 9;
        int shortcuts = 16 * 32 + 32 * 64;
        int channels = 7 * 16 + 7 * 32 + 7 * 64;
        // Of batch normalisation DL4J counts scale, shift and both running statistics.
        assertThat(network.numParams()).isEqualTo(convolutions + shortcuts + 4 * channels + 64 * 10 + 10);
        assertThat(convolutions + shortcuts + 2 * channels + 650).isBetween(265_000, 275_000);
        assertThat(network.outputSingle(Nd4j.rand(2, 3, 32, 32)).shape()).containsExactly(2, 10);
        assertThat(network.getLayer("stage2-block2-b").conf().getLayer()).hasFieldOrPropertyWithValue("nOut", 64L);
    }

    @Test
    void theSmallVggHalvesTheImageInEveryStage() {
        MultiLayerNetwork network =
                (MultiLayerNetwork) new SmallVgg(IMAGES, 10, 0, List.of(4, 8), 16).network(new Sgd(0.1), 1);
        int expected = 3 * 4 * 9 + 4 * 8 * 9 + 4 * (4 + 8) + (8 * 8 * 8 * 16 + 16) + (16 * 10 + 10);
        assertThat(network.numParams()).isEqualTo(expected);
        assertThat(network.output(Nd4j.rand(2, 3, 32, 32)).shape()).containsExactly(2, 10);
    }

    @Test
    void scoresAgreeWithDeeplearning4j() {
        MultiLayerNetwork network = (MultiLayerNetwork) lstm.network(new Sgd(0.1), SEED);
        Scores scores = lstm.evaluate(network);
        DataSet test = LabelledBatches.range(sequences.test(), encoding, 0, 30);
        assertThat(scores.testLoss()).isCloseTo(network.score(test), within(1e-5));
        Evaluation evaluation = new Evaluation(4);
        evaluation.eval(test.getLabels(), network.output(test.getFeatures()));
        assertThat(scores.testAccuracy()).isCloseTo(evaluation.accuracy(), within(1e-9));
    }

    @Test
    void brokenOutputsAreWrongAndNotFinite() {
        Model network = lstm.network(new Sgd(0.1), SEED);
        network.params().assign(Double.NaN);
        Scores scores = lstm.evaluate(network);
        assertThat(scores.finite()).isFalse();
        assertThat(scores.testAccuracy()).isZero();
    }

    @ParameterizedTest
    @EnumSource(value = Optimizer.class, mode = EnumSource.Mode.EXCLUDE, names = "MUON") // knows no LSTM
    void aResumedRunEndsWhereAnUninterruptedOneDoes(Optimizer optimizer) throws IOException {
        assertResumes(lstm, optimizer, BATCH, 6, 4);
    }

    @Test
    void aGraphResumesAsWell() throws IOException {
        int pixels = 8 * 8 * 3;
        LabelledSplit images = new LabelledSplit(
                "noise",
                new LabelledData(new byte[8 * pixels], pixels, new byte[8], 10),
                new LabelledData(new byte[2 * pixels], pixels, new byte[2], 10));
        InputType.InputTypeConvolutional small = (InputType.InputTypeConvolutional) InputType.convolutional(8, 8, 3);
        ClassificationProblem resNet = new ClassificationProblem(
                new ResNet20(small, 10, 1e-4), images, new ColourEncoding(images.train(), 3), null, 2);
        assertResumes(resNet, Optimizer.NESTEROVS, 2, 3, 2);
    }

    @Test
    void theLinearScheduleEndsAtZeroWithTheBudget() {
        OptimizerSettings linear =
                OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 0.5).with(Setting.SCHEDULE, Schedule.LINEAR);
        Model network = Networks.create(lstm, Optimizer.SGD, linear, SEED);
        Model constant = Networks.create(
                lstm, Optimizer.SGD, OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 0.25), SEED);
        LinearDecay.used(0.5);
        try {
            Models.fit(network, lstm.batches(BATCH, 1).at(0));
        } finally {
            LinearDecay.used(0);
        }
        Models.fit(constant, lstm.batches(BATCH, 1).at(0));
        assertThat(network.params()).isEqualTo(constant.params());
        assertThat(new LinearDecay(0.5).valueAt(3, 1)).isEqualTo(0.5);
    }

    @Test
    void aLinearScheduleWithAnotherEndIsAnotherRun() throws IOException {
        OptimizerSettings linear = OptimizerSettings.DEFAULTS.with(Setting.SCHEDULE, Schedule.LINEAR);
        Path file = folder.resolve("run.zip");
        new SavedRun(Networks.create(lstm, Optimizer.ADAM, linear, SEED), List.of(start()))
                .write(file, RunIdentity.of(lstm, Optimizer.ADAM, linear, steps(10), BATCH, SEED));
        assertThat(SavedRun.read(file, RunIdentity.of(lstm, Optimizer.ADAM, linear, steps(10), BATCH, SEED))
                        .rows())
                .hasSize(1);
        assertThatThrownBy(
                        () -> SavedRun.read(file, RunIdentity.of(lstm, Optimizer.ADAM, linear, steps(20), BATCH, SEED)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("to 20 steps");
    }

    private void assertResumes(Problem problem, Optimizer optimizer, int batch, int steps, int killedAt)
            throws IOException {
        OptimizerSettings settings = OptimizerSettings.DEFAULTS.with(Setting.SCHEDULE, Schedule.LINEAR);
        Budget budget = steps(steps);
        Model uninterrupted = Networks.create(problem, optimizer, settings, SEED);
        train(problem, budget, uninterrupted, List.of(start()), batch, Integer.MAX_VALUE);

        Model killed = Networks.create(problem, optimizer, settings, SEED);
        List<Row> before = train(problem, budget, killed, List.of(start()), batch, killedAt);
        Path file = folder.resolve("run.zip");
        RunIdentity identity = RunIdentity.of(problem, optimizer, settings, budget, batch, SEED);
        new SavedRun(killed, before).write(file, identity);
        SavedRun resumed = SavedRun.read(file, identity);
        train(problem, budget, resumed.network(), resumed.rows(), batch, Integer.MAX_VALUE);
        assertThat(resumed.network().params()).isEqualTo(uninterrupted.params());
    }

    /** Trains by the schedule of the whole budget, but stops at a step as a killed process would. */
    private static List<Row> train(
            Problem problem, Budget budget, Model network, List<Row> soFar, int batch, int killAt) {
        Budget often = new Budget(budget.seconds(), budget.steps(), (int) budget.steps());
        List<List<Row>> saved = new ArrayList<>();
        try {
            return new TrainingRun(problem, often, batch, SEED, Progress.SILENT).train(network, soFar, rows -> {
                saved.add(rows);
                if (rows.get(rows.size() - 1).step() == killAt) {
                    throw new IllegalStateException("killed");
                }
            });
        } catch (IllegalStateException e) {
            return saved.get(saved.size() - 1);
        }
    }

    private static Budget steps(long steps) {
        return new Budget(Double.POSITIVE_INFINITY, steps, 1);
    }

    private static Row start() {
        return new Row(0, 0, 0, 0, new Scores(1, 1, 1, 1));
    }
}
