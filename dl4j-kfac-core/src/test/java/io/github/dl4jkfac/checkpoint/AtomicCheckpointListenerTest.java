package io.github.dl4jkfac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.checkpoint.TinyTraining.Kind;
import io.github.dl4jkfac.testing.LogCapture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/** Files saved in the midst of {@code fit} hold what the network is after the step. */
class AtomicCheckpointListenerTest {

    private static final DataType TYPE = DataType.FLOAT;

    @TempDir
    Path folder;

    /** Whatever the order of the listeners, and whether or not the last batch was left out, nothing differs in the end. */
    @ParameterizedTest
    @CsvSource({"SEQUENTIAL,true", "SEQUENTIAL,false", "GRAPH,true", "GRAPH,false"})
    void everyFileIsTheStateAfterItsStep(Kind kind, boolean first) throws Exception {
        Nd4j.getRandom().setSeed(5);
        Model model = kind.create(new KFac(), TYPE);
        KFacListener own = KFacListener.attach(model);
        TrainingListener saver = AtomicCheckpointListener.builder(folder)
                .saveEveryNIterations(1)
                .keepAll()
                .build();
        setListeners(model, first ? List.of(saver, own) : List.of(own, saver));
        List<DataSet> batches = batches(9);
        batches.set(2, TinyTraining.badBatch(TYPE));
        batches.set(5, TinyTraining.badBatch(TYPE));
        batches.forEach(batch -> TinyTraining.fit(model, batch));

        List<NumberedFile> files = NumberedFile.newestFirst(folder);
        assertThat(files).hasSize(9);
        for (NumberedFile file : files) {
            Model resumed = Checkpoints.resume(file.path(), Model.class);
            int done = Network.of(resumed).iteration();
            assertThat((long) done).isEqualTo(file.number());
            batches.subList(done, 9).forEach(batch -> TinyTraining.fit(resumed, batch));
            TinyTraining.assertSame(resumed, model);
        }
    }

    /** Adam depends on the count of iterations, the constraint on all of them, dropout on the random numbers. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void epochsOfAnIteratorGoOn(Kind kind) throws Exception {
        Nd4j.getRandom().setSeed(6);
        Model model = kind.create(new Adam(0.01), TYPE);
        setListeners(
                model,
                List.of(AtomicCheckpointListener.builder(folder)
                        .saveEveryNEpochs(2)
                        .keepAll()
                        .build()));
        fit(model, 5);
        List<NumberedFile> files = NumberedFile.newestFirst(folder);
        assertThat(files)
                .extracting(file -> file.path().getFileName().toString())
                .containsExactly(
                        "checkpoint-000002-iteration-16-epoch-4.zip", "checkpoint-000001-iteration-8-epoch-2.zip");
        Model resumed = Checkpoints.resume(files.get(1).path(), Model.class);
        assertThat(Network.of(resumed).epoch()).isEqualTo(2);
        fit(resumed, 3);
        TinyTraining.assertSame(resumed, model);
    }

    private static void fit(Model model, int epochs) {
        ListDataSetIterator<DataSet> data = new ListDataSetIterator<>(
                batches(4).stream().flatMap(batch -> batch.asList().stream()).toList(), 8);
        if (model instanceof MultiLayerNetwork network) {
            network.fit(data, epochs);
        } else {
            ((org.deeplearning4j.nn.graph.ComputationGraph) model).fit(data, epochs);
        }
    }

    /** A listener of the user's may call Checkpoints itself. */
    @Test
    void savingInAnotherListenerIsTheSame() throws Exception {
        Nd4j.getRandom().setSeed(6);
        Model model = Kind.SEQUENTIAL.create(new Adam(0.01), TYPE);
        Path file = folder.resolve("net.zip");
        setListeners(model, List.of(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model trained, int iteration, int epoch) {
                try {
                    if (iteration == 3) {
                        Checkpoints.save(trained, file);
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        }));
        TinyTraining.train(model, 7, TYPE);
        Model resumed = Checkpoints.resume(file, Model.class);
        assertThat(Network.of(resumed).iteration()).isEqualTo(4);
        TinyTraining.train(resumed, 7, TYPE);
        TinyTraining.assertSame(resumed, model);
    }

    @Test
    void savingDoesNotDisturbTraining() throws Exception {
        for (IUpdater updater : List.of(new KFac(), new Adam(0.01))) {
            Nd4j.getRandom().setSeed(8);
            Model undisturbed = Kind.SEQUENTIAL.create(updater, TYPE);
            TinyTraining.train(undisturbed, 6, TYPE);
            Nd4j.getRandom().setSeed(8);
            Model saved = Kind.SEQUENTIAL.create(updater, TYPE);
            saved.addListeners(AtomicCheckpointListener.builder(folder)
                    .saveEveryNIterations(1)
                    .build());
            TinyTraining.train(saved, 6, TYPE);
            TinyTraining.assertSame(saved, undisturbed);
        }
    }

    @Test
    void theLastFewAreKeptAcrossRestarts() throws Exception {
        Model model = Kind.SEQUENTIAL.create(new Adam(), TYPE);
        model.addListeners(AtomicCheckpointListener.builder(folder)
                .saveEveryNIterations(2)
                .keepLast(2)
                .build());
        Files.writeString(folder.resolve("checkpoint-1.zip"), "somebody else's");
        TinyTraining.train(model, 7, TYPE);
        assertThat(names())
                .containsExactly(
                        "checkpoint-000002-iteration-4-epoch-0.zip",
                        "checkpoint-000003-iteration-6-epoch-0.zip",
                        "checkpoint-1.zip");
        // resumed from the earlier one: what is saved later is newer, though its iteration is not
        Model resumed = Checkpoints.resume(folder.resolve(names().get(0)), Model.class);
        AtomicCheckpointListener again = AtomicCheckpointListener.builder(folder)
                .saveEveryNIterations(5)
                .keepLast(2)
                .notes(trained -> Map.of("batch", String.valueOf(trained.batchSize())))
                .build();
        resumed.addListeners(again);
        TinyTraining.train(resumed, 5, TYPE);
        assertThat(names())
                .containsExactly(
                        "checkpoint-000003-iteration-6-epoch-0.zip",
                        "checkpoint-000004-iteration-5-epoch-0.zip",
                        "checkpoint-1.zip");
        Checkpoint<Model> last = Checkpoints.read(folder, Model.class);
        assertThat(Network.of(last.network()).iteration()).isEqualTo(5);
        assertThat(last.notes()).containsEntry("batch", "8");
        assertThat(again.lastSaved()).contains(last.file());
        assertThat(again.saved()).isEqualTo(1);
    }

    @Test
    void theLastGoodFileIsFound() throws Exception {
        Model model = Kind.SEQUENTIAL.create(new KFac(), TYPE);
        model.addListeners(
                AtomicCheckpointListener.builder(folder).saveEveryNIterations(1).build());
        TinyTraining.train(model, 4, TYPE);
        List<NumberedFile> files = NumberedFile.newestFirst(folder);
        Files.write(files.get(0).path(), new byte[1000]);
        try (LogCapture log = new LogCapture()) {
            Model resumed = Checkpoints.resume(folder, Model.class);
            assertThat(Network.of(resumed).iteration()).isEqualTo(3);
            assertThat(log.warnings())
                    .hasSize(1)
                    .first()
                    .asString()
                    .contains(files.get(0).path().toString());
        }
        for (NumberedFile file : files) {
            Files.write(file.path(), new byte[1000]);
        }
        assertThatThrownBy(() -> Checkpoints.resume(folder, Model.class))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("none of its checkpoints can be used");
    }

    @Test
    void timePasses() throws Exception {
        Model model = Kind.SEQUENTIAL.create(new Adam(), TYPE);
        AtomicCheckpointListener always = AtomicCheckpointListener.builder(folder)
                .saveEvery(Duration.ofNanos(1))
                .build();
        AtomicCheckpointListener never = AtomicCheckpointListener.builder(folder)
                .saveEvery(Duration.ofDays(1))
                .build();
        setListeners(model, List.of(always, never));
        TinyTraining.train(model, 3, TYPE);
        assertThat(always.saved()).isEqualTo(3);
        assertThat(never.saved()).isZero();
    }

    @Test
    void trainingGoesOnWhereSavingFails() throws Exception {
        Path lost = folder.resolve("lost");
        Model model = Kind.SEQUENTIAL.create(new Adam(), TYPE);
        AtomicCheckpointListener saver =
                AtomicCheckpointListener.builder(lost).saveEveryNIterations(1).build();
        model.addListeners(saver);
        TinyTraining.train(model, 1, TYPE);
        Files.move(lost, folder.resolve("moved away"));
        try (LogCapture log = new LogCapture()) {
            TinyTraining.train(model, 2, TYPE);
            assertThat(log.warnings()).hasSize(1).first().asString().contains("there is no folder " + lost);
        }
        Files.move(folder.resolve("moved away"), lost);
        model.params().putScalar(0, Float.NaN);
        try (LogCapture log = new LogCapture()) {
            TinyTraining.train(model, 3, TYPE);
            assertThat(log.warnings()).hasSize(1).first().asString().contains("NaN");
        }
        assertThat(saver.failures()).isEqualTo(2);
        assertThat(saver.saved()).isEqualTo(1);
        assertThat(Network.of(Checkpoints.resume(lost, Model.class)).iteration())
                .isEqualTo(1);
    }

    @Test
    void anotherNetworkIsNotMistakenForTheFirst() throws Exception {
        AtomicCheckpointListener saver =
                AtomicCheckpointListener.builder(folder).saveEveryNIterations(1).build();
        Model first = Kind.SEQUENTIAL.create(new Adam(), TYPE);
        Model second = Kind.GRAPH.create(new Adam(), TYPE);
        first.addListeners(saver);
        second.addListeners(saver);
        try (LogCapture log = new LogCapture()) {
            TinyTraining.train(first, 1, TYPE);
            TinyTraining.train(second, 2, TYPE);
            assertThat(log.warnings()).hasSize(1).first().asString().contains("second network");
        }
        assertThat(Checkpoints.resume(folder, MultiLayerNetwork.class)).isNotNull();
        assertThat(saver.saved()).isEqualTo(1);
    }

    @Test
    void optionsAreChecked() throws Exception {
        AtomicCheckpointListener.Builder builder = AtomicCheckpointListener.builder(folder);
        assertThatThrownBy(builder::build).hasMessageContaining("Nothing says when to save");
        assertThatThrownBy(() -> builder.saveEveryNIterations(0)).hasMessageContaining("at least 1, got 0");
        assertThatThrownBy(() -> builder.saveEveryNEpochs(-1)).hasMessageContaining("at least 1, got -1");
        assertThatThrownBy(() -> builder.keepLast(0)).hasMessageContaining("at least 1, got 0");
        assertThatThrownBy(() -> builder.saveEvery(Duration.ZERO)).hasMessageContaining("more than nothing");
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> AtomicCheckpointListener.builder(file)
                        .saveEveryNEpochs(1)
                        .build())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(file.toString());
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static List<DataSet> batches(int count) {
        return new ArrayList<>(IntStream.range(0, count)
                .mapToObj(iteration -> TinyTraining.batch(iteration, TYPE))
                .toList());
    }

    private static void setListeners(Model model, List<TrainingListener> listeners) {
        model.setListeners(listeners);
    }
}
