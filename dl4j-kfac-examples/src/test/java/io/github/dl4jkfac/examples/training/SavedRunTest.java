package io.github.dl4jkfac.examples.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.checkpoint.Checkpoints;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SavedRunTest {

    private static final long SEED = 4;
    private static final int STEPS = 6;
    private static final Budget BUDGET = new Budget(Double.POSITIVE_INFINITY, STEPS, 1);

    @TempDir
    private Path folder;

    private final AutoencoderProblem problem = TinyProblem.create();
    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("run.zip");
    }

    /** One with factors, one without and one of Deeplearning4j's; {@link ClassificationProblemTest} has all of them. */
    @ParameterizedTest
    @EnumSource(
            value = Optimizer.class,
            names = {"KFAC", "IEF", "ADAM"})
    void aResumedRunEndsWhereAnUninterruptedOneDoes(Optimizer optimizer) throws IOException {
        Model uninterrupted = network(optimizer);
        List<Row> expected = train(uninterrupted, start(), STEPS);

        Model killed = network(optimizer);
        List<Row> before = train(killed, start(), 4);
        new SavedRun(killed, before).write(file, identity(optimizer));
        SavedRun resumed = SavedRun.read(file, identity(optimizer));
        assertThat(resumed.rows()).isEqualTo(before);
        List<Row> rows = train(resumed.network(), resumed.rows(), STEPS);

        assertThat(resumed.network().params()).isEqualTo(uninterrupted.params());
        assertThat(rows.get(rows.size() - 1).scores())
                .isEqualTo(expected.get(expected.size() - 1).scores());
        assertThat(rows.get(rows.size() - 1).seconds())
                .isGreaterThan(before.get(before.size() - 1).seconds());
    }

    @Test
    void aFileThatIsNoCheckpointIsRefused() throws IOException {
        Files.writeString(file, "something else");
        assertRefused("no readable checkpoint");
    }

    @Test
    void aTruncatedCheckpointIsRefused() throws IOException {
        new SavedRun(network(Optimizer.ADAM), start()).write(file, identity(Optimizer.ADAM));
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        assertRefused("no readable checkpoint");
    }

    @Test
    void aMissingCheckpointNamesTheOptimizer() {
        assertRefused("leave adam out of --optimizers");
    }

    @Test
    void theCheckpointOfAnotherRunIsRefused() throws IOException {
        RunIdentity other = RunIdentity.of(
                problem,
                Optimizer.ADAM,
                OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, 0.5),
                BUDGET,
                TinyProblem.BATCH,
                SEED);
        new SavedRun(network(Optimizer.ADAM), start()).write(file, other);
        assertRefused("learning_rate=0.5");
    }

    @Test
    void aNetworkThatHasDivergedIsNotSavedOverAGoodOne() throws IOException {
        Model network = network(Optimizer.SGD);
        new SavedRun(network, start()).write(file, identity(Optimizer.SGD));
        byte[] previous = Files.readAllBytes(file);
        network.params().putScalar(0, Double.NaN);
        assertThatThrownBy(() -> new SavedRun(network, start()).write(file, identity(Optimizer.SGD)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("NaN");
        assertThat(Files.readAllBytes(file)).isEqualTo(previous);
    }

    @Test
    void whatCouldNotBeSavedInTheEndIsComplainedOf() throws IOException {
        SavedRuns runs = new SavedRuns(folder, null);
        Path inTheWay = Files.createDirectories(folder.resolve("sgd.zip").resolve("full"));
        runs.save(identity(Optimizer.SGD), network(Optimizer.SGD), start());
        assertThat(runs.complaint())
                .hasValueSatisfying(text -> assertThat(text)
                        .contains("cannot save the end of sgd to " + folder, "--resume in place of --save"));
        Files.delete(inTheWay);
        Files.delete(folder.resolve("sgd.zip"));
        runs.save(identity(Optimizer.SGD), network(Optimizer.SGD), start());
        assertThat(runs.complaint()).isEmpty();
    }

    @Test
    void aCheckpointOfNoRunIsRefused() throws IOException {
        Checkpoints.save(network(Optimizer.ADAM), file);
        assertRefused("does not say which run");
    }

    private void assertRefused(String why) {
        assertThatThrownBy(() -> SavedRun.read(file, identity(Optimizer.ADAM)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(why)
                .hasMessageContaining("--resume");
    }

    private Model network(Optimizer optimizer) {
        return Networks.create(problem, optimizer, OptimizerSettings.DEFAULTS, SEED);
    }

    private RunIdentity identity(Optimizer optimizer) {
        return RunIdentity.of(problem, optimizer, OptimizerSettings.DEFAULTS, BUDGET, TinyProblem.BATCH, SEED);
    }

    private List<Row> start() {
        return List.of(new Row(0, 0, 0, 0, new Scores(1, 1, 1, 1)));
    }

    private List<Row> train(Model network, List<Row> soFar, long steps) {
        Budget budget = new Budget(Double.POSITIVE_INFINITY, steps, 1);
        return new TrainingRun(problem, budget, TinyProblem.BATCH, SEED, Progress.SILENT)
                .train(network, soFar, rows -> {});
    }
}
