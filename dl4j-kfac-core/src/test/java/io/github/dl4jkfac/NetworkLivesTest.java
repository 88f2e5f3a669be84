package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.testing.Fixtures;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.transferlearning.TransferLearningHelper;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Networks that are cloned, saved, transfer-learnt, frozen and converted in random order, as a program might, and attached to only at the
 * end. Whatever Deeplearning4j can do with Adam it has to do with every updater of this library.
 */
class NetworkLivesTest {

    private static final int WALKS = 2;
    private static final int LENGTH = 6;

    @TempDir
    File folder;

    static final Map<String, Supplier<NaturalGradientUpdater>> UPDATERS = new LinkedHashMap<>();

    static {
        UPDATERS.put("KFac", () -> Fixtures.kfac().build());
        UPDATERS.put(
                "chain",
                () -> Fixtures.kfac().structure(Structure.BLOCK_TRIDIAGONAL).build());
        UPDATERS.put(
                "EKFac",
                () -> EKFac.builder().statisticsInterval(2).basisInterval(4).build());
        UPDATERS.put("ExactFisher", ExactFisher::new);
        UPDATERS.put("AdaFisher", AdaFisher::new);
        UPDATERS.put("AdaFisherW", AdaFisherW::new);
        UPDATERS.put("FAdam", FAdam::new);
    }

    /** What can happen to a network. */
    private enum Event {
        TRAIN,
        CLONE,
        SAVE_AND_RESTORE,
        RESTORE_WITHOUT_UPDATER,
        RESIZE,
        FREEZE,
        FREEZE_IN_PLACE,
        ADD_LAYERS,
        FINE_TUNE,
        TO_GRAPH,
        CONVERT,
        CONFIGURATION_ONLY,
        YAML,
        HELPER
    }

    /** Each updater in two of three kinds of network, in turn. */
    static Stream<Arguments> lives() {
        List<Fixtures.Kind> kinds = List.of(Fixtures.Kind.SEQUENTIAL, Fixtures.Kind.GRAPH, Fixtures.Kind.SPLIT_BLOCKS);
        List<Arguments> lives = new ArrayList<>();
        for (String name : UPDATERS.keySet()) {
            for (int i = 0; i < 2; i++) {
                lives.add(Arguments.of(name, kinds.get(lives.size() % kinds.size())));
            }
        }
        return lives.stream();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("lives")
    void anyOrderOfEventsLeavesANetworkThatTrains(String name, Fixtures.Kind kind) throws Exception {
        for (int seed = 0; seed < WALKS; seed++) {
            walk(name, kind, new Random(31L * seed + name.hashCode() + kind.ordinal()));
        }
    }

    private void walk(String name, Fixtures.Kind kind, Random random) throws Exception {
        List<String> told = new ArrayList<>();
        Model control = kind.create(new Adam(1e-2), DataType.DOUBLE);
        Model own = kind.create(UPDATERS.get(name).get(), DataType.DOUBLE);
        if (random.nextBoolean()) {
            KFacListener.attach(own);
            Fixtures.fit(own, Fixtures.batches(DataType.DOUBLE, 3));
            told.add("attached");
        }
        try {
            for (int i = 0; i < LENGTH; i++) {
                Event event = Event.values()[random.nextInt(Event.values().length)];
                long seed = random.nextLong();
                try {
                    control = happen(event, control, () -> new Adam(1e-3), new Random(seed));
                    Fixtures.fit(
                            Fixtures.throughFile(control, new File(folder, "control.zip")),
                            Fixtures.batch(control.params().dataType(), 4, 1));
                    Fixtures.fit(control, Fixtures.batch(control.params().dataType(), 4, 1));
                } catch (RuntimeException e) {
                    break; // Deeplearning4j itself cannot do this
                }
                told.add(event.name());
                own = happen(event, own, UPDATERS.get(name)::get, new Random(seed));
            }
            KFacListener.attach(own);
            told.add("attach");
            requireTraining(own);
            requireTraining(Fixtures.throughFile(own, new File(folder, "last.zip")), own);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(name + " " + kind + ": " + told, e);
        }
    }

    private Model happen(Event event, Model model, Supplier<IUpdater> updater, Random random) throws Exception {
        MultiLayerNetwork net = model instanceof MultiLayerNetwork sequence ? sequence : null;
        ComputationGraph graph = model instanceof ComputationGraph other ? other : null;
        File file = new File(folder, "life.zip");
        switch (event) {
            case TRAIN -> {
                if (updater.get() instanceof NaturalGradientUpdater) {
                    train(model);
                }
                return model;
            }
            case CLONE -> {
                Model copy = Fixtures.copy(model);
                Fixtures.assertSameTraining(copy, model);
                return copy;
            }
            case SAVE_AND_RESTORE -> {
                Model copy = Fixtures.throughFile(model, file);
                assertThat(Fixtures.sameBits(copy.params(), model.params())).isTrue();
                return copy;
            }
            case RESTORE_WITHOUT_UPDATER -> {
                ModelSerializer.writeModel(model, file, false);
                return Fixtures.read(model, file);
            }
            case RESIZE -> {
                int size = 3 + random.nextInt(8);
                return net != null
                        ? new TransferLearning.Builder(net)
                                .nOutReplace(0, size, WeightInit.XAVIER)
                                .build()
                        : new TransferLearning.GraphBuilder(graph)
                                .nOutReplace(hidden(graph, random), size, WeightInit.XAVIER)
                                .build();
            }
            case FREEZE -> {
                return net != null
                        ? new TransferLearning.Builder(net)
                                .setFeatureExtractor(0)
                                .build()
                        : new TransferLearning.GraphBuilder(graph)
                                .setFeatureExtractor(hidden(graph, random))
                                .build();
            }
            case FREEZE_IN_PLACE -> {
                NetworkView.of(model)
                        .updater(); // else what Deeplearning4j saves next does not fit, whatever the updater
                if (net == null) {
                    graph.getVertex(hidden(graph, random)).setLayerAsFrozen();
                } else if (!(net.getLayer(0) instanceof FrozenLayer)) {
                    Layer[] layers = net.getLayers();
                    layers[0] = new FrozenLayer(layers[0]);
                    net.setLayers(layers);
                }
                return model;
            }
            case ADD_LAYERS -> {
                FineTuneConfiguration fine = new FineTuneConfiguration.Builder()
                        .updater(updater.get())
                        .build();
                if (net != null) {
                    long inputs = net.layerSize(net.getnLayers() - 2);
                    return new TransferLearning.Builder(net)
                            .fineTuneConfiguration(fine)
                            .removeOutputLayer()
                            .addLayer(Fixtures.dense((int) inputs, 6))
                            .addLayer(Fixtures.output(6))
                            .build();
                }
                String below =
                        graph.getConfiguration().getVertexInputs().get("out").get(0);
                int inputs = (int) graph.layerSize(below);
                return new TransferLearning.GraphBuilder(graph)
                        .fineTuneConfiguration(fine)
                        .removeVertexAndConnections("out")
                        .addLayer("new" + graph.getNumLayers(), Fixtures.dense(inputs, 5), below)
                        .addLayer("out", Fixtures.output(5), "new" + graph.getNumLayers())
                        .setOutputs("out")
                        .build();
            }
            case FINE_TUNE -> {
                FineTuneConfiguration fine = new FineTuneConfiguration.Builder()
                        .updater(updater.get())
                        .build();
                return net != null
                        ? new TransferLearning.Builder(net)
                                .fineTuneConfiguration(fine)
                                .build()
                        : new TransferLearning.GraphBuilder(graph)
                                .fineTuneConfiguration(fine)
                                .build();
            }
            case TO_GRAPH -> {
                return net != null ? net.toComputationGraph() : model;
            }
            case CONVERT -> {
                DataType type = model.params().dataType() == DataType.FLOAT ? DataType.DOUBLE : DataType.FLOAT;
                return net != null ? net.convertDataType(type) : graph.convertDataType(type);
            }
            case CONFIGURATION_ONLY -> {
                return net != null
                        ? init(new MultiLayerNetwork(MultiLayerConfiguration.fromJson(Fixtures.json(net))))
                        : init(new ComputationGraph(ComputationGraphConfiguration.fromJson(Fixtures.json(graph))));
            }
            case YAML -> {
                return net != null
                        ? init(new MultiLayerNetwork(MultiLayerConfiguration.fromYaml(
                                net.getLayerWiseConfigurations().toYaml())))
                        : init(new ComputationGraph(ComputationGraphConfiguration.fromYaml(
                                graph.getConfiguration().toYaml())));
            }
            case HELPER -> {
                if (net == null || !(net.getLayer(0) instanceof FrozenLayer)) {
                    return model;
                }
                // its subset shares configurations with the network
                MultiLayerNetwork subset = new TransferLearningHelper(net).unfrozenMLN();
                if (updater.get() instanceof NaturalGradientUpdater) {
                    KFacListener.attach(subset);
                }
                return model;
            }
            default -> throw new AssertionError(event);
        }
    }

    private static Model init(Model model) {
        model.init();
        return model;
    }

    private static String hidden(ComputationGraph graph, Random random) {
        List<String> inner = Stream.of(graph.getVertices())
                .filter(GraphVertex::hasLayer)
                .map(GraphVertex::getVertexName)
                .filter(name -> !graph.getConfiguration().getNetworkOutputs().contains(name))
                .toList();
        return inner.get(random.nextInt(inner.size()));
    }

    /** A network with a listener trains; one without says which line is missing, and stays as it is. */
    private static void train(Model model) {
        List<DataSet> batches = Fixtures.batches(model.params().dataType(), 2);
        if (listeners(model).stream().anyMatch(KFacListener.class::isInstance)) {
            requireTraining(model);
            return;
        }
        INDArray before = Fixtures.params(model);
        assertThatThrownBy(() -> Fixtures.fit(model, batches))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("KFacListener.attach(net)");
        assertThat(Fixtures.sameBits(model.params(), before)).isTrue();
    }

    private static java.util.Collection<TrainingListener> listeners(Model model) {
        return model instanceof MultiLayerNetwork net ? net.getListeners() : ((ComputationGraph) model).getListeners();
    }

    /** All layers but the frozen ones move, and the parameters stay finite. */
    private static void requireTraining(Model model) {
        Layer[] layers = layers(model);
        List<INDArray> before =
                Stream.of(layers).map(layer -> layer.params().dup()).toList();
        Fixtures.fit(model, Fixtures.batches(model.params().dataType(), 3));
        assertThat(Fixtures.isFinite(model.params())).isTrue();
        for (int i = 0; i < layers.length; i++) {
            boolean frozen = layers[i] instanceof FrozenLayer || layers[i] instanceof FrozenLayerWithBackprop;
            boolean stays = Fixtures.sameBits(layers[i].params(), before.get(i));
            if (frozen || i == layers.length - 1) {
                assertThat(stays).as("layer %d stays", i).isEqualTo(frozen);
            }
        }
    }

    private static void requireTraining(Model restored, Model original) {
        KFacListener.attach(restored);
        for (int i = 0; i < layers(original).length; i++) {
            if (layers(original)[i].getClass() != layers(restored)[i].getClass()) {
                requireTraining(restored); // frozen in place, which no file says
                return;
            }
        }
        Fixtures.assertSameTraining(restored, original);
        requireTraining(original);
        requireTraining(restored);
        Fixtures.assertSameTraining(restored, original);
    }

    private static Layer[] layers(Model model) {
        if (model instanceof MultiLayerNetwork net) {
            return net.getLayers();
        }
        ComputationGraph graph = (ComputationGraph) model;
        return IntStream.of(graph.topologicalSortOrder())
                .mapToObj(index -> graph.getVertices()[index])
                .filter(GraphVertex::hasLayer)
                .map(GraphVertex::getLayer)
                .toArray(Layer[]::new);
    }
}
