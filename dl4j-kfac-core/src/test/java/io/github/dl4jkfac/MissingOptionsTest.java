package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.LogCapture;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** What a text about an updater does not name has its default: texts may be older than an option. */
class MissingOptionsTest {

    private static final ObjectMapper MAPPER = NeuralNetConfiguration.mapper();

    static Stream<NaturalGradientUpdater> defaults() {
        return Stream.concat(
                Stream.of(new KFac(), new EKFac(), new AdaFisher(), new AdaFisherW(), new FAdam()),
                Stream.of(Curvature.values())
                        .map(curvature ->
                                ExactFisher.builder().curvature(curvature).build()));
    }

    /** Every field in turn, and every group of fields as a whole, missing or null; the fallback's fields among them. */
    @ParameterizedTest
    @MethodSource("defaults")
    void eachMissingOptionHasItsDefault(NaturalGradientUpdater updater) throws Exception {
        ObjectNode text = (ObjectNode) MAPPER.readTree(MAPPER.writeValueAsString(updater));
        List<List<String>> paths = new ArrayList<>();
        collect(text, List.of(), paths);
        assertThat(paths).hasSizeGreaterThan(10);
        for (List<String> path : paths) {
            if (path.equals(List.of("@class"))) {
                continue; // who is meant is no option
            }
            boolean saysWhich = path.get(path.size() - 1).equals("curvature")
                    || path.equals(List.of("samples")); // the other defaults follow it
            for (boolean asNull : new boolean[] {false, true}) {
                ObjectNode less = text.deepCopy();
                ObjectNode parent = parent(less, path);
                if (asNull) {
                    parent.putNull(path.get(path.size() - 1));
                } else {
                    parent.remove(path.get(path.size() - 1));
                }
                IUpdater read = MAPPER.readValue(less.toString(), IUpdater.class);
                if (saysWhich) {
                    assertThat(((KlBoundedUpdater) read).curvature())
                            .isEqualTo(
                                    updater instanceof ExactFisher
                                            ? ExactFisher.DEFAULT_CURVATURE
                                            : KFac.DEFAULT_CURVATURE);
                } else {
                    assertThat(read).as("without %s", path).isEqualTo(updater);
                }
            }
        }
    }

    private static void collect(ObjectNode node, List<String> at, List<List<String>> paths) {
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            List<String> path = new ArrayList<>(at);
            path.add(name);
            paths.add(path);
            if (node.get(name) instanceof ObjectNode nested) {
                collect(nested, path, paths);
            }
        }
    }

    private static ObjectNode parent(ObjectNode root, List<String> path) {
        ObjectNode node = root;
        for (String name : path.subList(0, path.size() - 1)) {
            node = (ObjectNode) node.get(name);
        }
        return node;
    }

    /** One field missing leaves all others as they are. */
    @Test
    void theOtherOptionsStay() throws Exception {
        KFac kfac = KFac.builder()
                .learningRate(0.3)
                .klClip(0.5)
                .damping(0.7)
                .curvature(Curvature.EMPIRICAL_FISHER)
                .fallback(new Nesterovs(0.2, 0.4))
                .build();
        assertThat(without(kfac, "hyperparameters/step", "klClip"))
                .isEqualTo(kfac.toBuilder().klClip(KFac.DEFAULT_KL_CLIP).build());
        assertThat(without(kfac, "kronecker", "curvature"))
                .isEqualTo(kfac.toBuilder().curvature(KFac.DEFAULT_CURVATURE).build());
        FAdam fadam = FAdam.builder().epsilon(1e-4).build();
        assertThat(without(fadam, "rule", "epsilon2")).isEqualTo(fadam);
        AdaFisher ada = AdaFisher.builder().gamma(0.6).statisticsInterval(7).build();
        assertThat(without(ada, "average", "add")).isEqualTo(ada);
        assertThat(without(ada, "hyperparameters/refresh", "inverseInterval")).isEqualTo(ada);
        ExactFisher reusing = ExactFisher.builder()
                .curvature(Curvature.EMPIRICAL_FISHER)
                .layerWise()
                .reuseCoefficients(CoefficientReuse.BY_ORDER, 100)
                .build();
        assertThat(without(reusing, "samples", "relativeDamping")).isEqualTo(reusing);
        assertThatThrownBy(() -> without(reusing, "samples", "layerWise")).hasMessageContaining("layerWise()");
    }

    private static IUpdater without(IUpdater updater, String group, String option) throws Exception {
        ObjectNode text = (ObjectNode) MAPPER.readTree(MAPPER.writeValueAsString(updater));
        ObjectNode node = text;
        for (String name : group.split("/")) {
            node = (ObjectNode) node.get(name);
        }
        assertThat(node.remove(option)).as(option).isNotNull();
        return MAPPER.readValue(text.toString(), IUpdater.class);
    }

    @ParameterizedTest
    @MethodSource("defaults")
    void unknownOptionsAreLeftOutWithAWarning(NaturalGradientUpdater updater) throws Exception {
        ObjectNode text = (ObjectNode) MAPPER.readTree(MAPPER.writeValueAsString(updater));
        text.put("colour", "green");
        ((ObjectNode) text.get("hyperparameters").get("step")).put("learningrate", 3);
        try (LogCapture log = new LogCapture()) {
            assertThat(MAPPER.readValue(text.toString(), IUpdater.class)).isEqualTo(updater);
            assertThat(log.warnings())
                    .hasSize(2)
                    .anyMatch(line -> line.contains("no option 'colour'"))
                    .anyMatch(line -> line.contains("hyperparameters.step has no option 'learningrate'"));
        }
    }

    @ParameterizedTest
    @MethodSource("defaults")
    void knownTextsAreReadInSilence(NaturalGradientUpdater updater) {
        MultiLayerNetwork net = Fixtures.mlp(updater, DataType.FLOAT);
        KFacListener.attach(net);
        try (LogCapture log = new LogCapture()) {
            MultiLayerConfiguration conf = net.getLayerWiseConfigurations();
            assertThat(MultiLayerConfiguration.fromJson(conf.toJson())).isEqualTo(conf);
            assertThat(MultiLayerConfiguration.fromYaml(conf.toYaml())).isEqualTo(conf);
            assertThat(log.warnings()).isEmpty();
        }
    }

    @Test
    void valuesThatAreNoneAreNamed() {
        String json = Fixtures.mlp(new KFac(), DataType.FLOAT)
                .getLayerWiseConfigurations()
                .toJson();
        requireRefused(json.replace("\"SAMPLED_FISHER\"", "\"FANCY_FISHER\""), "FANCY_FISHER");
        requireRefused(json.replaceAll("\"damping\" : [^,]*", "\"damping\" : -1.0"), "damping must be");
        requireRefused(json.replaceAll("\"klClip\" : [^,]*", "\"klClip\" : \"NaN\""), "klClip must be");
        requireRefused(
                json.replaceAll("\"maxFactorDimension\" : \\d+", "\"maxFactorDimension\" : 0"), "maxFactorDimension");
    }

    private static void requireRefused(String json, String named) {
        assertThatThrownBy(() -> MultiLayerConfiguration.fromJson(json))
                .satisfies(e -> assertThat(messages(e)).contains(named));
    }

    private static String messages(Throwable error) {
        StringBuilder all = new StringBuilder();
        for (Throwable e = error; e != null; e = e.getCause()) {
            all.append(e.getMessage()).append('\n');
        }
        return all.toString();
    }

    @Test
    void layoutsTellTheirVersion() throws Exception {
        MultiLayerNetwork net = Fixtures.mlp(new KFac(), DataType.FLOAT);
        KFacListener.attach(net);
        String json = net.getLayerWiseConfigurations().toJson();
        JsonNode layout = MAPPER.readTree(MAPPER.writeValueAsString(
                        ((BaseLayer) net.getLayer(0).conf().getLayer()).getIUpdater()))
                .get("layout");
        assertThat(layout.get("version").asInt()).isEqualTo(3);
        requireRefused(json.replaceAll("\"version\" : 3", "\"version\" : 7"), "has version 7");
        requireRefused(json.replaceAll("\"role\" : \"CURVATURE\",", ""), "lacks its role");
    }
}
