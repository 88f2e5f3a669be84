package io.github.dl4jkfac.capture;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.RecordedGroup;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.Recorder.Recorded;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;

/** Rows of layers in graphs that branch, join, share and end several times add up to DL4J's own gradient, in both passes. */
class GraphRowsTest {

    private static final int SAMPLES = 4;

    private record GraphCase(String name, Function<GraphBuilder, GraphBuilder> vertices, MultiDataSet batch) {

        ComputationGraph graph(IUpdater updater) {
            ComputationGraph graph = new ComputationGraph(
                    vertices.apply(settings(updater).graphBuilder()).build());
            graph.init();
            TestNetworks.disturb(graph);
            return graph;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static MultiDataSet batch(INDArray[] features, int... outputs) {
        INDArray[] labels = new INDArray[outputs.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = normal(50 + i, SAMPLES, outputs[i]);
        }
        return new MultiDataSet(features, labels);
    }

    private static ConvolutionLayer convolution(int in, int out) {
        return new ConvolutionLayer.Builder(3, 3)
                .nIn(in)
                .nOut(out)
                .convolutionMode(ConvolutionMode.Same)
                .activation(Activation.TANH)
                .build();
    }

    private static DenseLayer dense(int in, int out) {
        return new DenseLayer.Builder()
                .nIn(in)
                .nOut(out)
                .activation(Activation.TANH)
                .build();
    }

    private static OutputLayer output(int in, int out, ILossFunction loss) {
        return new OutputLayer.Builder(loss)
                .nIn(in)
                .nOut(out)
                .activation(new ReplayingActivation(Activation.TANH.getActivationFunction()))
                .build();
    }

    private static OutputLayer output(int in, int out) {
        return output(in, out, new LossL2());
    }

    private static GlobalPoolingLayer average() {
        return new GlobalPoolingLayer.Builder(PoolingType.AVG).build();
    }

    static Stream<GraphCase> cases() {
        INDArray images = normal(1, SAMPLES, 2, 5, 4);
        INDArray vectors = normal(1, SAMPLES, 6);
        return Stream.of(
                new GraphCase(
                        "merge, element-wise, subset, scale, normalise; two outputs with different losses",
                        graph -> graph.addInputs("x")
                                .addLayer("a", dense(6, 4), "x")
                                .addLayer("b", dense(6, 4), "x")
                                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "a", "b")
                                .addVertex("product", new ElementWiseVertex(ElementWiseVertex.Op.Product), "a", "b")
                                .addVertex("all", new MergeVertex(), "sum", "product")
                                .addVertex("some", new SubsetVertex(1, 5), "all")
                                .addVertex("scaled", new ScaleVertex(0.5), "some")
                                .addLayer("c", dense(5, 3), "scaled")
                                .addVertex("unit", new L2NormalizeVertex(), "all")
                                .addLayer("y1", output(3, 2), "c")
                                .addLayer("y2", output(8, 3, new LossL1()), "unit")
                                .setOutputs("y1", "y2"),
                        batch(new INDArray[] {vectors}, 2, 3)),
                new GraphCase(
                        "a dense tower shared by two inputs",
                        graph -> graph.addInputs("x1", "x2")
                                .addVertex("both", new StackVertex(), "x1", "x2")
                                .addLayer("tower", dense(6, 4), "both")
                                .addVertex("first", new UnstackVertex(0, 2), "tower")
                                .addVertex("second", new UnstackVertex(1, 2), "tower")
                                .addVertex("pair", new MergeVertex(), "first", "second")
                                .addLayer("y", output(8, 2), "pair")
                                .setOutputs("y"),
                        batch(new INDArray[] {vectors, normal(2, SAMPLES, 6)}, 2)),
                new GraphCase(
                        "a convolutional tower with batch normalisation shared by three inputs",
                        graph -> graph.addInputs("x1", "x2", "x3")
                                .addVertex("all", new StackVertex(), "x1", "x2", "x3")
                                .addLayer("conv", convolution(2, 3), "all")
                                .addLayer(
                                        "norm",
                                        new BatchNormalization.Builder().nOut(3).build(),
                                        "conv")
                                .addLayer("pool", average(), "norm")
                                .addVertex("first", new UnstackVertex(0, 3), "pool")
                                .addVertex("second", new UnstackVertex(1, 3), "pool")
                                .addVertex("third", new UnstackVertex(2, 3), "pool")
                                .addVertex("joined", new MergeVertex(), "first", "second", "third")
                                .addLayer("y", output(9, 2), "joined")
                                .setOutputs("y")
                                .setInputTypes(
                                        InputType.convolutional(5, 4, 2),
                                        InputType.convolutional(5, 4, 2),
                                        InputType.convolutional(5, 4, 2)),
                        batch(new INDArray[] {images, normal(2, SAMPLES, 2, 5, 4), normal(3, SAMPLES, 2, 5, 4)}, 2)),
                new GraphCase(
                        "residual blocks",
                        graph -> graph.addInputs("x")
                                .addLayer("stem", convolution(2, 3), "x")
                                .addLayer("conv1", convolution(3, 3), "stem")
                                .addLayer(
                                        "norm1",
                                        new BatchNormalization.Builder().nOut(3).build(),
                                        "conv1")
                                .addLayer("relu1", new ActivationLayer(Activation.RELU), "norm1")
                                .addLayer("conv2", convolution(3, 3), "relu1")
                                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "conv2", "stem")
                                .addLayer(
                                        "shortcut",
                                        new ConvolutionLayer.Builder(1, 1)
                                                .nIn(3)
                                                .nOut(4)
                                                .stride(2, 2)
                                                .hasBias(false)
                                                .activation(Activation.IDENTITY)
                                                .build(),
                                        "sum")
                                .addLayer(
                                        "conv3",
                                        new ConvolutionLayer.Builder(3, 3)
                                                .nIn(3)
                                                .nOut(4)
                                                .stride(2, 2)
                                                .convolutionMode(ConvolutionMode.Same)
                                                .activation(Activation.IDENTITY)
                                                .build(),
                                        "sum")
                                .addVertex("sum2", new ElementWiseVertex(ElementWiseVertex.Op.Add), "conv3", "shortcut")
                                .addLayer("pool", average(), "sum2")
                                .addLayer("y", output(4, 2), "pool")
                                .setOutputs("y")
                                .setInputTypes(InputType.convolutional(5, 4, 2)),
                        batch(new INDArray[] {images.dup()}, 2)));
    }

    private static Map<String, RecordedGroup> record(GraphCase c, DerivativeSource source, double fraction) {
        Recorded recorded = Recorder.record(
                c.graph(new Sgd(0.1)),
                c.batch(),
                source,
                fraction,
                Nd4j.getRandomFactory().getNewRandomInstance(3));
        assertThat(recorded.untouched()).isTrue();
        return recorded.groups().stream().collect(Collectors.toMap(RecordedGroup::toString, Function.identity()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void rowsOfBothPassesAddUpToTheGradient(GraphCase c) {
        for (DerivativeSource source :
                new DerivativeSource[] {DerivativeSource.TRUE_LABELS, DerivativeSource.MODEL_TARGETS}) {
            Map<String, RecordedGroup> groups = record(c, source, 1);
            assertThat(groups).isNotEmpty();
            groups.forEach((name, group) -> {
                assertThat(group.gradient().norm2Number().doubleValue())
                        .as(name)
                        .isPositive();
                assertThat(error(group.fromRows(), group.gradient()))
                        .as("%s with %s", name, source)
                        .isLessThan(1e-10);
                assertThat(group.samples()).isEqualTo(SAMPLES);
            });
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void halfOfTheSamplesAreTheFirstRows(GraphCase c) {
        Map<String, RecordedGroup> all = record(c, DerivativeSource.TRUE_LABELS, 1);
        record(c, DerivativeSource.TRUE_LABELS, 0.5).forEach((name, group) -> {
            long rows = all.get(name).derivatives().size(0) / 2;
            assertThat(group.samples()).isEqualTo(SAMPLES / 2);
            assertThat(error(
                            group.derivatives(), TestNetworks.rows(all.get(name).derivatives(), 0, rows)))
                    .as(name)
                    .isLessThan(1e-12);
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void attachingLeavesTheOutputsAndTrainingLowersTheScore(GraphCase c) {
        ComputationGraph graph = c.graph(KFac.builder().learningRate(0.1).build());
        INDArray before = graph.output(c.batch().getFeatures())[0].dup();
        KFacListener.attach(graph);
        assertThat(graph.output(c.batch().getFeatures())[0]).isEqualTo(before);
        double score = graph.score(c.batch(), false);
        for (int i = 0; i < 15; i++) {
            graph.fit(c.batch());
        }
        assertThat(graph.score(c.batch(), false)).isLessThan(score);
    }
}
