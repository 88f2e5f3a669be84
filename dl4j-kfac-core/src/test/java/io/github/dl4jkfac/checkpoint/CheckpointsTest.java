package io.github.dl4jkfac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.AdaFisherW;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.FAdam;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.Structure;
import io.github.dl4jkfac.checkpoint.TinyTraining.Kind;
import io.github.dl4jkfac.session.Sessions;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.AdaMax;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;

/** What is saved is all that training needs, and what training cannot go on from is refused. */
class CheckpointsTest {

    private static final DataType TYPE = DataType.FLOAT;

    @TempDir
    Path folder;

    /** All but AdaBelief, whose steps fail in Deeplearning4j M2.1. */
    static Stream<Arguments> trainings() {
        List<IUpdater> updaters = List.of(
                new KFac(),
                new EKFac(),
                new ExactFisher(),
                new AdaFisher(),
                new AdaFisherW(),
                new FAdam(),
                new Sgd(0.1),
                new Adam(0.01),
                new AMSGrad(0.01),
                new AdaDelta(),
                new AdaGrad(0.1),
                new AdaMax(0.01),
                new Nadam(0.01),
                new Nesterovs(0.1),
                new RmsProp(0.01));
        List<Arguments> trainings = new ArrayList<>();
        for (IUpdater updater : updaters) {
            // one kind of network in one precision and one in the other, the next updater the other way round
            DataType type = trainings.size() % 4 == 0 ? DataType.FLOAT : DataType.DOUBLE;
            DataType other = type == DataType.FLOAT ? DataType.DOUBLE : DataType.FLOAT;
            trainings.add(Arguments.of(updater, Kind.SEQUENTIAL, type));
            trainings.add(Arguments.of(updater, Kind.GRAPH, other));
        }
        return trainings.stream();
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void trainingGoesOnAsIfItHadNeverStopped(IUpdater updater, Kind kind, DataType type) throws Exception {
        Nd4j.getRandom().setSeed(3);
        Model uninterrupted = kind.create(updater.clone(), type);
        TinyTraining.train(uninterrupted, 5, type);
        Checkpoints.save(uninterrupted, file());
        TinyTraining.train(uninterrupted, 9, type);

        Model resumed = Checkpoints.resume(file(), Model.class);
        assertThat(Network.of(resumed).iteration()).isEqualTo(5);
        TinyTraining.train(resumed, 9, type);
        TinyTraining.assertSame(resumed, uninterrupted);
        assertThat(Files.list(folder)).containsExactly(file());
    }

    /** The sequential network is one chain: its layers share a block. */
    @Test
    void aChainGoesOnAsIfItHadNeverStopped() throws Exception {
        KFac updater = KFac.builder()
                .structure(Structure.BLOCK_TRIDIAGONAL)
                .statisticsInterval(2)
                .inverseInterval(3)
                .build();
        Nd4j.getRandom().setSeed(3);
        Model uninterrupted = Kind.SEQUENTIAL.create(updater, TYPE);
        TinyTraining.train(uninterrupted, 5, TYPE);
        Checkpoints.save(uninterrupted, file());
        TinyTraining.train(uninterrupted, 10, TYPE);

        Model resumed = Checkpoints.resume(file(), Model.class);
        assertThat(Sessions.find(resumed).blocks())
                .extracting(block -> block.kind().name())
                .containsExactly("BlockTridiagonal", "BlockTridiagonal");
        TinyTraining.train(resumed, 10, TYPE);
        TinyTraining.assertSame(resumed, uninterrupted);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void deeplearning4jReadsTheFilesAndIsRead(Kind kind) throws Exception {
        Model model = kind.create(new KFac(), TYPE);
        TinyTraining.train(model, 3, TYPE);
        Checkpoints.save(model, file());
        Model read = kind == Kind.GRAPH
                ? ModelSerializer.restoreComputationGraph(file().toFile(), true)
                : ModelSerializer.restoreMultiLayerNetwork(file().toFile(), true);
        TinyTraining.assertSame(read, model);

        Path other = folder.resolve("other.zip");
        ModelSerializer.writeModel(model, other.toFile(), true);
        TinyTraining.assertSame(Checkpoints.resume(other, Model.class), model);
        assertThat(Checkpoints.notes(other)).isEmpty();
    }

    @Test
    void notesComeBack() throws Exception {
        Map<String, String> notes = Map.of("position", "17", "a name with spaces: =", "two\nlines, \u00e4\u4e2d");
        Checkpoints.save(network(), file(), notes);
        assertThat(Checkpoints.notes(file())).isEqualTo(notes);
        Checkpoint<MultiLayerNetwork> checkpoint = Checkpoints.read(file(), MultiLayerNetwork.class);
        assertThat(checkpoint.notes()).isEqualTo(notes);
        assertThat(checkpoint.file()).isEqualTo(file());
    }

    /** Every byte matters: whichever is wrong, the file is refused or what it says is still right. */
    @Test
    void damageIsFound() throws Exception {
        Model model = network();
        Checkpoints.save(model, file(), Map.of("position", "17"));
        byte[] whole = Files.readAllBytes(file());
        int refused = 0;
        int tried = 0;
        for (int place = 0; place < whole.length; place += 1 + whole.length / 150) {
            byte[] damaged = whole.clone();
            damaged[place] ^= 0x10;
            Files.write(file(), damaged);
            tried++;
            try {
                Checkpoint<Model> checkpoint = Checkpoints.read(file(), Model.class);
                TinyTraining.assertSame(checkpoint.network(), model);
                assertThat(checkpoint.notes()).containsEntry("position", "17");
            } catch (CheckpointException e) {
                assertThat(e).hasMessageContaining(file().toString());
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(tried * 3 / 4);
        for (int length : new int[] {0, 1, 100, whole.length / 2, whole.length - 1}) {
            Files.write(file(), Arrays.copyOf(whole, length));
            assertRefused("no whole file of a network");
        }
    }

    @Test
    void whatIsNoCheckpointIsRefused() throws Exception {
        assertRefused("there is no such file");
        Files.writeString(file(), "something else");
        assertRefused("no whole file of a network");
        try (FileSystem zip = FileSystems.newFileSystem(folder.resolve("other.zip"), Map.of("create", "true"))) {
            Files.writeString(zip.getPath("readme.txt"), "a zip, but no network");
        }
        Files.move(folder.resolve("other.zip"), file(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertRefused("no entry configuration.json");
        assertThatThrownBy(() -> Checkpoints.resume(folder, Model.class)).hasMessageContaining("name the file");
    }

    @Test
    void theOtherKindOfNetworkIsRefused() throws Exception {
        Checkpoints.save(network(), file());
        assertThatThrownBy(() -> Checkpoints.resume(file(), ComputationGraph.class))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("it holds a MultiLayerNetwork and not a ComputationGraph");
    }

    @Test
    void aFileWithoutUpdaterStateIsRefusedUnlessAllowed() throws Exception {
        Model model = network();
        ModelSerializer.writeModel(model, file().toFile(), false);
        assertRefused("lacks the state of the updater");
        Model fresh = Checkpoints.resume(file(), Model.class, Allow.MISSING_UPDATER_STATE);
        assertThat(fresh.params()).isEqualTo(model.params());
        TinyTraining.fit(fresh, TinyTraining.batch(0, TYPE));
    }

    @Test
    void theStateOfAnotherUpdaterIsRefused() throws Exception {
        Checkpoints.save(network(), file());
        Path adam = folder.resolve("adam.zip");
        Checkpoints.save(Kind.SEQUENTIAL.create(new Adam(), TYPE), adam);
        copyEntry(adam, file(), ModelSerializer.UPDATER_BIN);
        assertRefused("another updater's");
    }

    @Test
    void aPreprocessorIsRefusedUnlessAllowedAndNeverRead() throws Exception {
        Checkpoints.save(network(), file());
        try (FileSystem zip = FileSystems.newFileSystem(file());
                OutputStream out = Files.newOutputStream(zip.getPath(ModelSerializer.PREPROCESSOR_BIN));
                ObjectOutputStream objects = new ObjectOutputStream(out)) {
            objects.writeObject(new Trap());
        }
        Trap.sprung = false;
        assertRefused("preprocessor.bin");
        Checkpoints.resume(file(), Model.class, Allow.PREPROCESSOR);
        assertThat(Trap.sprung).isFalse();
    }

    /** Code that runs when it is deserialised. */
    private static final class Trap implements java.io.Serializable {
        private static final long serialVersionUID = 1L;
        private static boolean sprung;

        private void readObject(java.io.ObjectInputStream in) {
            sprung = true;
        }
    }

    @Test
    void nothingNotFiniteReplacesAGoodFile() throws Exception {
        Model model = network();
        Checkpoints.save(model, file());
        byte[] good = Files.readAllBytes(file());
        model.params().putScalar(4, Float.NaN);
        assertThatThrownBy(() -> Checkpoints.save(model, file()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("parameter '0_W' has NaN")
                .hasMessageContaining("unchanged");
        assertThat(Files.readAllBytes(file())).isEqualTo(good);

        Model other = network();
        Network.of(other).state().putScalar(2, Float.POSITIVE_INFINITY);
        assertThatThrownBy(() -> Checkpoints.save(other, file())).hasMessageContaining("state of its updater");
        assertThat(Files.readAllBytes(file())).isEqualTo(good);
        assertThat(Files.list(folder)).hasSize(1);
    }

    /** Their sum is infinite, they are not. */
    @Test
    void veryLargeNumbersAreFinite() throws Exception {
        Model model = network();
        model.params().assign(3e38);
        Checkpoints.save(model, file());
        Checkpoints.resume(file(), Model.class);
    }

    @Test
    void aFileThatIsNotFiniteIsRefusedUnlessAllowed() throws Exception {
        Model model = network();
        model.params().putScalar(4, Float.NaN);
        ModelSerializer.writeModel(model, file().toFile(), true);
        assertRefused("parameter '0_W' has NaN or infinite values");
        assertThat(Checkpoints.resume(file(), Model.class, Allow.NON_FINITE_VALUES)
                        .params()
                        .getFloat(4))
                .isNaN();
    }

    @Test
    void placesThatCannotBeWrittenAreNamed() throws Exception {
        Model model = network();
        assertNotSaved(model, folder, "it is a folder");
        assertNotSaved(model, folder.resolve("missing").resolve("net.zip"), "there is no folder");
    }

    @Test
    void aFolderThatCannotBeWrittenKeepsItsFiles() throws Exception {
        Model model = network();
        Path readOnly = Files.createDirectory(folder.resolve("read-only"));
        Checkpoints.save(model, readOnly.resolve("net.zip"));
        byte[] before = Files.readAllBytes(readOnly.resolve("net.zip"));
        assertThat(readOnly.toFile().setWritable(false)).isTrue();
        assumeThat(Files.isWritable(readOnly))
                .as("the superuser writes everywhere")
                .isFalse();
        assertNotSaved(model, readOnly.resolve("net.zip"), "permission denied");
        assertThat(Files.readAllBytes(readOnly.resolve("net.zip"))).isEqualTo(before);
    }

    @Test
    void otherModelsAreRefused() {
        assertThatThrownBy(() -> Checkpoints.save(null, file())).hasMessageContaining("got null");
        assertThatThrownBy(() -> Checkpoints.save(
                        new MultiLayerNetwork(((MultiLayerNetwork) network()).getLayerWiseConfigurations()), file()))
                .hasMessageContaining("call init()");
    }

    private static void copyEntry(Path from, Path to, String name) throws Exception {
        try (FileSystem source = FileSystems.newFileSystem(from);
                FileSystem target = FileSystems.newFileSystem(to)) {
            Files.copy(source.getPath(name), target.getPath(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void assertNotSaved(Model model, Path file, String why) {
        assertThatThrownBy(() -> Checkpoints.save(model, file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("Checkpoint " + file + " was not saved: " + why)
                .hasMessageContaining("unchanged");
    }

    private void assertRefused(String why) {
        assertThatThrownBy(() -> Checkpoints.resume(file(), Model.class))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(file().toString())
                .hasMessageContaining(why);
    }

    private static Model network() {
        Model model = Kind.SEQUENTIAL.create(new KFac(), TYPE);
        TinyTraining.train(model, 2, TYPE);
        assertThat(KFacListener.isNeededBy(model)).isTrue();
        return model;
    }

    private Path file() {
        return folder.resolve("net.zip");
    }
}
