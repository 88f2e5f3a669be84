package io.github.dl4jkfac.capture;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.preprocessor.ComposableInputPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** Which dense layers follow each other directly. */
class DenseChainsTest {

    private static Layer hidden() {
        return dense(3, 3, Activation.TANH).build();
    }

    private static Layer last() {
        return output(3, 3, Activation.SOFTMAX, new LossMCXENT()).build();
    }

    private static List<List<String>> chains(Model model) {
        return NetworkView.of(model).denseChains().stream()
                .map(chain -> chain.stream().map(LayerSlot::name).toList())
                .toList();
    }

    private static List<List<String>> chains(Layer... layers) {
        return chains(network(settings(new Sgd(0.1)).list(layers)));
    }

    private static MultiLayerNetwork network(ListBuilder builder) {
        MultiLayerNetwork network = new MultiLayerNetwork(builder.build());
        network.init();
        return network;
    }

    private static List<List<String>> graph(UnaryOperator<GraphBuilder> build) {
        ComputationGraph graph = new ComputationGraph(
                build.apply(settings(new Sgd(0.1)).graphBuilder().addInputs("x"))
                        .build());
        graph.init();
        return chains(graph);
    }

    @Test
    void neighboursMakeAChain() {
        assertThat(chains(hidden(), hidden(), last())).containsExactly(List.of("0", "1", "2"));
        assertThat(chains(last())).isEmpty();
    }

    @Test
    void activationAndDropoutLayersDoNotEndIt() {
        assertThat(chains(
                        hidden(),
                        new ActivationLayer.Builder()
                                .activation(Activation.RELU)
                                .build(),
                        new DropoutLayer.Builder(0.5).build(),
                        hidden(),
                        last()))
                .containsExactly(List.of("0", "3", "4"));
    }

    @Test
    void otherLayersEndIt() {
        assertThat(chains(
                        hidden(),
                        hidden(),
                        new BatchNormalization.Builder().nOut(3).build(),
                        hidden(),
                        last()))
                .containsExactly(List.of("0", "1"), List.of("3", "4"));
        assertThat(chains(
                        hidden(),
                        hidden(),
                        dense(3, 3, Activation.TANH).hasLayerNorm(true).build(),
                        last()))
                .containsExactly(List.of("0", "1"));
    }

    @Test
    void frozenLayersAreNotIn() {
        assertThat(chains(hidden(), new FrozenLayer(hidden()), hidden(), last()))
                .containsExactly(List.of("2", "3"));
    }

    @Test
    void preprocessorsEndIt() {
        MultiLayerNetwork network = network(settings(new Sgd(0.1))
                .list(hidden(), hidden(), last())
                .inputPreProcessor(1, new ComposableInputPreProcessor()));
        assertThat(chains(network)).containsExactly(List.of("1", "2"));
    }

    @Test
    void layersOverTimeStepsMakeAChain() {
        MultiLayerNetwork network = network(settings(new Sgd(0.1))
                .list()
                .layer(new SimpleRnn.Builder().nIn(3).nOut(3).build())
                .layer(hidden())
                .layer(hidden())
                .layer(new RnnOutputLayer.Builder(new LossMCXENT())
                        .nIn(3)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.recurrent(3)));
        assertThat(chains(network)).containsExactly(List.of("1", "2"));
    }

    @Test
    void branchesOfAGraphHaveTheirOwn() {
        assertThat(graph(builder -> builder.addLayer("a1", hidden(), "x")
                        .addLayer("b1", hidden(), "x")
                        .addLayer("a2", hidden(), "a1")
                        .addLayer("act", new ActivationLayer(Activation.TANH), "b1")
                        .addLayer("b2", hidden(), "act")
                        .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "a2", "b2")
                        .addLayer("top", hidden(), "sum")
                        .addLayer("out", last(), "top")
                        .setOutputs("out")))
                .containsExactlyInAnyOrder(List.of("a1", "a2"), List.of("b1", "b2"), List.of("top", "out"));
    }

    @Test
    void whatSeveralTakeInEndsIt() {
        assertThat(graph(builder -> builder.addLayer("a", hidden(), "x")
                        .addLayer("b", hidden(), "a")
                        .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "a", "b")
                        .addLayer("out", last(), "sum")
                        .setOutputs("out")))
                .isEmpty();
        assertThat(graph(builder -> builder.addLayer("a", hidden(), "x")
                        .addLayer("b", dense(6, 3, Activation.TANH).build(), "a", "x")
                        .addLayer("out", last(), "b")
                        .setOutputs("out")))
                .containsExactly(List.of("b", "out"));
    }

    @Test
    void outputsThatAreTakenInEndIt() {
        assertThat(graph(builder -> builder.addLayer("a", hidden(), "x")
                        .addLayer(
                                "first",
                                output(3, 3, Activation.IDENTITY, new LossMSE()).build(),
                                "a")
                        .addLayer("b", hidden(), "first")
                        .addLayer("out", last(), "b")
                        .setOutputs("first", "out")))
                .containsExactly(List.of("a", "first"), List.of("b", "out"));
    }

    @Test
    void otherVerticesEndIt() {
        assertThat(graph(builder -> builder.addLayer("a", hidden(), "x")
                        .addVertex("scaled", new ScaleVertex(2), "a")
                        .addLayer("b", hidden(), "scaled")
                        .addLayer("out", last(), "b")
                        .setOutputs("out")))
                .containsExactly(List.of("b", "out"));
    }
}
