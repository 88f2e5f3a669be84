package io.github.dl4jkfac.examples.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.zoo.ZooModel;
import org.deeplearning4j.zoo.model.NASNet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** K-FAC with its defaults on the models of deeplearning4j-zoo. The tables of blocks land in target/zoo-blocks.txt. */
class ZooTest {

    private static BlockTables tables;

    @BeforeAll
    static void emptyTables() throws IOException {
        tables = new BlockTables(Path.of("target", "zoo-blocks.txt"));
    }

    /** The next network needs the memory of this one. */
    @AfterEach
    void free() {
        Nd4j.getWorkspaceManager().destroyAllWorkspacesForCurrentThread();
        System.gc();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.github.dl4jkfac.examples.zoo.ZooNetwork#light")
    void attachesAndTrains(ZooNetwork network) throws IOException {
        check(network);
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("io.github.dl4jkfac.examples.zoo.ZooNetwork#heavy")
    void attachesToHeavyOnesAndTrains(ZooNetwork network) throws IOException {
        check(network);
    }

    @Test
    void noModelOfTheZooIsForgotten() throws Exception {
        List<String> known = Stream.concat(
                        Arrays.stream(ZooNetwork.values()).map(ZooNetwork::type), Stream.of(NASNet.class))
                .map(Class::getSimpleName)
                .toList();
        assertThat(modelsOfTheZoo()).containsExactlyInAnyOrderElementsOf(known);
    }

    /** If a later Deeplearning4j mends this, NASNet belongs into {@link ZooNetwork}. */
    @Test
    void nasNetCannotBeBuiltAtAll() {
        assertThatThrownBy(
                        () -> NASNet.builder().numClasses(Task.CLASSES).build().init())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no inputs have been set");
    }

    private static void check(ZooNetwork network) throws IOException {
        Model model = network.build();
        DataSet batch = network.batch();
        Map<String, float[]> outputs = Networks.activations(model, batch.getFeatures());
        Map<String, List<float[]>> parameters = Networks.trained(model);

        String table = BlockTables.logged(() -> KFacListener.swapUpdater(model, new KFac()));
        assertSame(outputs, Networks.activations(model, batch.getFeatures()));
        assertThat(table.lines().map(line -> line.split("\\s+")[0].split(":")[0]))
                .as("layers in the table")
                .containsAll(parameters.keySet());

        long start = System.nanoTime();
        for (int step = 1; step <= 2; step++) {
            Networks.fit(model, batch);
            assertThat(model.score()).as("score in step %d", step).isFinite();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        assertThat(isFinite(Networks.copy(model.params())))
                .as("finite parameters")
                .isTrue();
        assertNoneNeglected(parameters, Networks.trained(model));
        tables.add(
                String.format(
                        Locale.ROOT, "%s: %d parameters, two steps in %.1f s", network, model.numParams(), seconds),
                table);
    }

    /** Bit by bit, so that an activation that overflows (ResNet50's do in inference mode, before any training) is compared too. */
    private static void assertSame(Map<String, float[]> before, Map<String, float[]> after) {
        assertThat(after).hasSameSizeAs(before);
        before.forEach((layer, activations) -> assertThat(Arrays.equals(activations, after.get(layer)))
                .as("activations of '%s' are as before", layer)
                .isTrue());
    }

    private static void assertNoneNeglected(Map<String, List<float[]>> before, Map<String, List<float[]>> after) {
        before.forEach((layer, parameters) -> assertThat(
                        Arrays.deepEquals(parameters.toArray(), after.get(layer).toArray()))
                .as("parameters of '%s' are as before", layer)
                .isFalse());
    }

    private static boolean isFinite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    private static List<String> modelsOfTheZoo() throws Exception {
        Path jar = Path.of(ZooModel.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (FileSystem zip = FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of());
                Stream<Path> files = Files.list(zip.getPath("/org/deeplearning4j/zoo/model"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class") && !name.contains("$"))
                    .map(name -> name.replace(".class", ""))
                    .toList();
        }
    }
}
