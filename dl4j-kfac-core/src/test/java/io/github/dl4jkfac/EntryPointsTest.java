package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.checkpoint.Checkpoints;
import io.github.dl4jkfac.diagnostics.FisherProducts;
import io.github.dl4jkfac.testing.Fixtures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

/** Whatever public method takes a network says what is wrong with one that it cannot use. */
class EntryPointsTest {

    @TempDir
    private static Path folder;

    /** Calls a public method. */
    private interface Call {
        void on(Model model) throws Exception;
    }

    private static Map<String, Call> calls() {
        Map<String, Call> calls = new LinkedHashMap<>();
        calls.put("attach", KFacListener::attach);
        calls.put("isNeededBy", KFacListener::isNeededBy);
        calls.put("swapUpdater", model -> KFacListener.swapUpdater(model, new KFac()));
        calls.put("blocks", KFacListener::blocks);
        calls.put("save", model -> Checkpoints.save(model, folder.resolve("model.zip")));
        calls.put("fisher", model -> FisherProducts.of(model, Fixtures.batch(DataType.DOUBLE, 3, 1)));
        return calls;
    }

    private static Map<String, Model> wrong() {
        MultiLayerNetwork trained = Fixtures.mlp(new KFac(), DataType.DOUBLE);
        Map<String, Model> models = new LinkedHashMap<>();
        models.put("null", null);
        models.put("a layer", trained.getLayer(0));
        models.put("a sequence before init()", new MultiLayerNetwork(trained.getLayerWiseConfigurations()));
        models.put(
                "a graph before init()",
                new ComputationGraph(Fixtures.graph(new KFac(), DataType.DOUBLE).getConfiguration()));
        return models;
    }

    static Stream<Arguments> cases() {
        return calls().keySet().stream()
                .flatMap(call -> wrong().keySet().stream().map(model -> Arguments.of(call, model)));
    }

    @ParameterizedTest(name = "{0} of {1}")
    @MethodSource("cases")
    void saysWhatIsWrongWithTheNetwork(String call, String model) {
        Model network = wrong().get(model);
        if (model.endsWith("init()")) {
            assertThatThrownBy(() -> calls().get(call).on(network))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("init()");
        } else {
            assertThatThrownBy(() -> calls().get(call).on(network))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("MultiLayerNetwork")
                    .hasMessageContaining("ComputationGraph")
                    .hasMessageContaining(
                            network == null ? "null" : network.getClass().getSimpleName());
        }
        assertThat(Files.exists(folder.resolve("model.zip"))).isFalse();
    }
}
