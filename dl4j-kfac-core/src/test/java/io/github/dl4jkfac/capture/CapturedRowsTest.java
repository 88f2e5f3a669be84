package io.github.dl4jkfac.capture;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.Recorder.Recorded;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.dropout.GaussianDropout;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.conf.weightnoise.WeightNoise;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/**
 * Captured rows add up to DL4J's own gradient: sum_n [a_n, 1]^T g_n = [dW; db]. The second backward pass is checked in the same
 * way, with outputs that give it the true derivative in place of a sampled one.
 */
class CapturedRowsTest {

    private static final double EXACT = 1e-12;

    /** A network whose outputs replay the true derivatives, and a batch for it. */
    private record Case(String name, Model model, MultiDataSet batch, List<String> layers) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static IActivation replay(Activation activation) {
        return new ReplayingActivation(activation.getActivationFunction());
    }

    private static org.deeplearning4j.nn.conf.layers.OutputLayer replayingOutput(int inputs, int outputs) {
        return output(inputs, outputs, Activation.IDENTITY, new LossL2())
                .activation(replay(Activation.TANH))
                .build();
    }

    private static Case sequential(String name, List<String> slots, org.deeplearning4j.nn.conf.layers.Layer... layers) {
        return new Case(name, sequence(settings(new Sgd(0.1)), layers), batch(normal(1, 5, 4), normal(2, 5, 2)), slots);
    }

    static Stream<Case> networks() {
        return Stream.of(
                sequential(
                        "dense layers",
                        List.of("0", "1", "2"),
                        dense(4, 5, Activation.TANH).build(),
                        dense(5, 3, Activation.SOFTPLUS).build(),
                        replayingOutput(3, 2)),
                sequential(
                        "without bias",
                        List.of("0", "1"),
                        dense(4, 5, Activation.RELU).hasBias(false).build(),
                        output(5, 2, Activation.IDENTITY, new LossL1())
                                .activation(replay(Activation.SIGMOID))
                                .hasBias(false)
                                .build()),
                sequential(
                        "activation layers",
                        List.of("0", "2", "4"),
                        dense(4, 5, Activation.IDENTITY).build(),
                        new ActivationLayer(Activation.CUBE),
                        dense(5, 3, Activation.TANH).build(),
                        new ActivationLayer(Activation.SWISH),
                        replayingOutput(3, 2)),
                sequential(
                        "dropout layers",
                        List.of("0", "2", "4"),
                        dense(4, 5, Activation.TANH).build(),
                        new DropoutLayer(0.6),
                        dense(5, 6, Activation.TANH).build(),
                        new DropoutLayer(new GaussianDropout(0.4)),
                        replayingOutput(6, 2)),
                sequential(
                        "dropout of layer inputs",
                        List.of("0", "1", "2"),
                        dense(4, 5, Activation.TANH).dropOut(0.8).build(),
                        dense(5, 6, Activation.TANH)
                                .dropOut(new GaussianDropout(0.4))
                                .build(),
                        output(6, 2, Activation.IDENTITY, new LossL2())
                                .activation(replay(Activation.TANH))
                                .dropOut(0.6)
                                .build()),
                sequential(
                        "DropConnect and weight noise",
                        List.of("0", "1", "2"),
                        dense(4, 5, Activation.TANH)
                                .weightNoise(new DropConnect(0.7))
                                .build(),
                        dense(5, 6, Activation.TANH)
                                .weightNoise(new WeightNoise(new NormalDistribution(0, 0.3), true))
                                .build(),
                        output(6, 2, Activation.IDENTITY, new LossL2())
                                .activation(replay(Activation.TANH))
                                .weightNoise(new DropConnect(0.6))
                                .build()),
                sequential(
                        "batch normalisation",
                        List.of("0", "2", "4"),
                        dense(4, 5, Activation.TANH).build(),
                        new BatchNormalization.Builder().nIn(5).nOut(5).build(),
                        dense(5, 3, Activation.TANH).build(),
                        new BatchNormalization.Builder().nIn(3).nOut(3).build(),
                        replayingOutput(3, 2)),
                sequential(
                        "loss layer",
                        List.of("0", "1"),
                        dense(4, 5, Activation.TANH).build(),
                        dense(5, 2, Activation.TANH).build(),
                        new LossLayer.Builder(new LossL2())
                                .activation(replay(Activation.SIGMOID))
                                .build()),
                sequential(
                        "frozen layer below",
                        List.of("1", "2"),
                        new FrozenLayer(dense(4, 5, Activation.TANH).build()),
                        dense(5, 3, Activation.TANH).build(),
                        replayingOutput(3, 2)),
                betweenPreprocessors(),
                belowConvolution(),
                masked("label mask", Nd4j.createFromArray(new double[][] {{1}, {0}, {1}, {1}, {0}})),
                masked("mask per output", Nd4j.createFromArray(new double[][] {{1, 0}, {0, 0}, {1, 1}, {0, 1}, {1, 1}
                })),
                graph());
    }

    private static Case betweenPreprocessors() {
        MultiLayerNetwork network = new MultiLayerNetwork(settings(new Sgd(0.1))
                .list()
                .layer(dense(4, 16, Activation.TANH).build())
                .layer(new ConvolutionLayer.Builder(3, 3)
                        .nIn(1)
                        .nOut(2)
                        .convolutionMode(ConvolutionMode.Same)
                        .activation(Activation.TANH)
                        .build())
                .layer(new SubsamplingLayer.Builder()
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build())
                .layer(dense(8, 3, Activation.TANH).build())
                .layer(replayingOutput(3, 2))
                .inputPreProcessor(1, new FeedForwardToCnnPreProcessor(4, 4, 1))
                .inputPreProcessor(3, new CnnToFeedForwardPreProcessor(2, 2, 2))
                .build());
        network.init();
        return new Case(
                "convolution between dense layers",
                network,
                batch(normal(1, 5, 4), normal(2, 5, 2)),
                List.of("0", "3", "4"));
    }

    private static Case belowConvolution() {
        MultiLayerNetwork network = new MultiLayerNetwork(settings(new Sgd(0.1))
                .list()
                .layer(new ConvolutionLayer.Builder(2, 2)
                        .nIn(1)
                        .nOut(2)
                        .activation(Activation.TANH)
                        .build())
                .layer(dense(18, 3, Activation.TANH).build())
                .layer(replayingOutput(3, 2))
                .inputPreProcessor(1, new CnnToFeedForwardPreProcessor(3, 3, 2))
                .build());
        network.init();
        return new Case(
                "dense head of a convolution",
                network,
                batch(normal(1, 5, 1, 4, 4), normal(2, 5, 2)),
                List.of("1", "2"));
    }

    private static Case masked(String name, INDArray mask) {
        Model model =
                sequence(settings(new Sgd(0.1)), dense(4, 5, Activation.TANH).build(), replayingOutput(5, 2));
        return new Case(name, model, batch(normal(1, 5, 4), normal(2, 5, 2), mask), List.of("0", "1"));
    }

    private static Random stream() {
        return Nd4j.getRandomFactory().getNewRandomInstance(3);
    }

    private static Case graph() {
        ComputationGraph graph = new ComputationGraph(settings(new Sgd(0.1))
                .graphBuilder()
                .addInputs("left", "right")
                .addLayer("a", dense(4, 3, Activation.TANH).dropOut(0.8).build(), "left")
                .addLayer("b", dense(3, 3, Activation.SOFTPLUS).build(), "right")
                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "a", "b")
                .addVertex("product", new ElementWiseVertex(ElementWiseVertex.Op.Product), "a", "b")
                .addVertex("join", new MergeVertex(), "sum", "product", "right")
                .addLayer(
                        "norm", new BatchNormalization.Builder().nIn(9).nOut(9).build(), "join")
                .addLayer("c", dense(9, 4, Activation.TANH).build(), "norm")
                .addLayer("out1", replayingOutput(4, 2), "c")
                .addLayer("skip", dense(13, 3, Activation.TANH).build(), "c", "join")
                .addLayer("out2", replayingOutput(3, 3), "skip")
                .setOutputs("out1", "out2")
                .build());
        graph.init();
        MultiDataSet batch = new MultiDataSet(
                new INDArray[] {normal(1, 5, 4), normal(2, 5, 3)}, new INDArray[] {normal(3, 5, 2), normal(4, 5, 3)});
        return new Case(
                "graph with two inputs and two outputs", graph, batch, List.of("a", "b", "c", "skip", "out1", "out2"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void rowsOfTheFirstPassAddUpToTheGradient(Case c) {
        assertRowsAddUp(c, Recorder.record(c.model, c.batch), EXACT);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void rowsOfTheSecondPassAddUpToTheGradient(Case c) {
        Recorded recorded = Recorder.record(c.model, c.batch, DerivativeSource.MODEL_TARGETS, 1, stream());
        assertRowsAddUp(c, recorded, EXACT);
        assertThat(recorded.untouched()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void configurationIsTheSameAfterAStep(Case c) {
        String before = json(c.model);
        List<Object> parts = activations(c.model);
        Recorder.record(c.model, c.batch, DerivativeSource.MODEL_TARGETS, 1, stream());
        assertThat(json(c.model).replaceAll("\"iterationCount\" : \\d+", ""))
                .isEqualTo(before.replaceAll("\"iterationCount\" : \\d+", ""));
        assertThat(activations(c.model))
                .usingElementComparator((x, y) -> x == y ? 0 : 1)
                .isEqualTo(parts);
    }

    private static String json(Model model) {
        return model instanceof MultiLayerNetwork network
                ? network.getLayerWiseConfigurations().toJson()
                : ((ComputationGraph) model).getConfiguration().toJson();
    }

    /** Activations, dropouts and losses of all layers' configurations. */
    private static List<Object> activations(Model model) {
        return NetworkView.of(model).layers().stream()
                .map(named -> named.layer().conf().getLayer())
                .filter(org.deeplearning4j.nn.conf.layers.BaseLayer.class::isInstance)
                .map(conf -> (Object) ((org.deeplearning4j.nn.conf.layers.BaseLayer) conf).getActivationFn())
                .toList();
    }

    private static void assertRowsAddUp(Case c, Recorded recorded, double tolerance) {
        assertThat(recorded.rows()).containsKeys(c.layers.toArray(new String[0]));
        for (String layer : c.layers) {
            assertThat(error(
                            gradient(recorded.rows().get(layer), recorded, layer),
                            recorded.gradients().get(layer)))
                    .as("layer %s", layer)
                    .isLessThan(tolerance);
        }
    }

    private static INDArray gradient(OuterProductRows rows, Recorded recorded, String layer) {
        boolean bias = recorded.gradients().get(layer).size(0) > rows.inputs().columns();
        INDArray inputs = bias ? TestNetworks.homogeneous(Recorder.inputs(rows)) : Recorder.inputs(rows);
        return inputs.transpose().mmul(rows.derivatives());
    }

    @ParameterizedTest
    @EnumSource(
            value = LossFunction.class,
            names = {
                "MCXENT",
                "NEGATIVELOGLIKELIHOOD",
                "XENT",
                "MSE",
                "SQUARED_LOSS",
                "L1",
                "L2",
                "MEAN_ABSOLUTE_ERROR",
                "POISSON",
                "HINGE",
                "COSINE_PROXIMITY",
                "KL_DIVERGENCE",
                "MEAN_SQUARED_LOGARITHMIC_ERROR"
            })
    void rowsAddUpToTheGradientForEveryLoss(LossFunction loss) {
        Activation activation = switch (loss) {
            case MCXENT, NEGATIVELOGLIKELIHOOD, KL_DIVERGENCE -> Activation.SOFTMAX;
            case XENT -> Activation.SIGMOID;
            case POISSON, MEAN_SQUARED_LOGARITHMIC_ERROR -> Activation.SOFTPLUS;
            default -> Activation.TANH;
        };
        Case c = new Case(
                loss.name(),
                sequence(
                        settings(new Sgd(0.1)),
                        dense(4, 5, Activation.TANH).build(),
                        output(5, 3, activation, loss.getILossFunction()).build()),
                batch(normal(1, 6, 4), oneHot(6, 3)),
                List.of("0", "1"));
        assertRowsAddUp(c, Recorder.record(c.model, c.batch), EXACT);
    }

    @ParameterizedTest
    @EnumSource(
            value = DerivativeSource.class,
            names = {"MODEL_TARGETS", "RANDOM_SIGNS", "TRUE_LABELS"})
    void rowsAddUpToTheGradientInSinglePrecision(DerivativeSource source) {
        Case c = new Case(
                "float",
                sequence(
                        settings(new Sgd(0.1)).dataType(DataType.FLOAT),
                        dense(4, 5, Activation.TANH).dropOut(0.8).build(),
                        new BatchNormalization.Builder().nIn(5).nOut(5).build(),
                        replayingOutput(5, 2)),
                batch(normal(1, 6, 4).castTo(DataType.FLOAT), normal(2, 6, 2).castTo(DataType.FLOAT)),
                List.of("0", "2"));
        assertRowsAddUp(c, Recorder.record(c.model, c.batch, source, 1, stream()), 1e-4);
    }

    @Test
    void rowsAreTheFiniteDifferenceGradientsOfSingleSamples() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(3, 4, Activation.TANH).build(),
                output(4, 3, Activation.SOFTMAX, LossFunction.MCXENT.getILossFunction())
                        .build());
        DataSet data = new DataSet(normal(1, 3, 3), oneHot(3, 3));
        Recorded recorded = Recorder.record(network, batch(data.getFeatures(), data.getLabels()));
        double h = 1e-5;
        for (String layer : List.of("0", "1")) {
            OuterProductRows rows = recorded.rows().get(layer);
            INDArray abar = TestNetworks.homogeneous(Recorder.inputs(rows));
            INDArray weights = TestNetworks.weights(network, layer);
            for (long i = 0; i < weights.size(0); i++) {
                for (long j = 0; j < weights.size(1); j++) {
                    INDArray difference = scores(network, data, layer, weights, i, j, h)
                            .sub(scores(network, data, layer, weights, i, j, -h))
                            .div(2 * h);
                    INDArray own =
                            abar.getColumn(i, true).mul(rows.derivatives().getColumn(j, true));
                    assertThat(difference.sub(own).norm2Number().doubleValue()).isLessThan(1e-8);
                }
            }
        }
    }

    private static INDArray scores(
            MultiLayerNetwork network, DataSet data, String layer, INDArray weights, long i, long j, double h) {
        INDArray moved = weights.dup();
        moved.putScalar(i, j, moved.getDouble(i, j) + h);
        TestNetworks.setWeights(network, layer, moved);
        INDArray scores = network.scoreExamples(data, false);
        TestNetworks.setWeights(network, layer, weights);
        return scores;
    }

    @ParameterizedTest
    @EnumSource(value = DerivativeSource.class, names = "EXACT", mode = EnumSource.Mode.EXCLUDE)
    void aFractionOfTheBatchIsItsFirstRows(DerivativeSource source) {
        assertFirstQuarter(source, dense(5, 5, Activation.TANH).build());
    }

    @ParameterizedTest
    @EnumSource(
            value = DerivativeSource.class,
            names = {"TRUE_LABELS", "SCALED_TRUE_LABELS"})
    void aFractionOfTheBatchIsItsFirstRowsBesideLayersWithoutRows(DerivativeSource source) {
        assertFirstQuarter(source, new ActivationLayer(Activation.CUBE));
    }

    private static void assertFirstQuarter(DerivativeSource source, org.deeplearning4j.nn.conf.layers.Layer middle) {
        Recorded whole = recordFirst(1, source, middle);
        Recorded quarter = recordFirst(0.25, source, middle);
        assertThat(whole.rows()).isNotEmpty();
        whole.rows().forEach((layer, all) -> {
            OuterProductRows first = quarter.rows().get(layer);
            assertThat(error(Recorder.inputs(first), rows(Recorder.inputs(all), 0, 3)))
                    .isZero();
            assertThat(error(first.derivatives(), rows(all.derivatives(), 0, 3)))
                    .isLessThan(EXACT);
            assertThat(first.samples()).isEqualTo(3);
            assertThat(first.active()).isEqualTo(3);
        });
    }

    private static Recorded recordFirst(
            double fraction, DerivativeSource source, org.deeplearning4j.nn.conf.layers.Layer middle) {
        Model model =
                sequence(settings(new Sgd(0.1)), dense(4, 5, Activation.TANH).build(), middle, replayingOutput(5, 2));
        return Recorder.record(model, batch(normal(1, 12, 4), normal(2, 12, 2)), source, fraction, stream());
    }

    @Test
    void maskedSamplesAreLeftOutOfTheCount() {
        Case c = masked("label mask", Nd4j.createFromArray(new double[][] {{1}, {0}, {1}, {1}, {0}}));
        OuterProductRows rows = Recorder.record(c.model, c.batch).rows().get("0");
        assertThat(rows.active()).isEqualTo(3);
        assertThat(rows.samples()).isEqualTo(5);
        assertThat(rows.derivatives().getRow(1).norm2Number().doubleValue()).isZero();
    }

    @Test
    void improvedFisherDividesEachSampleByItsOutputDerivativesOverAllOutputs() {
        MultiDataSet batch = graph().batch;
        // no noise and no coupling between samples, so that two passes agree
        Model model = twoOutputs();
        Recorded plain = Recorder.record(model, batch);
        Recorded scaled = Recorder.record(model, batch, DerivativeSource.SCALED_TRUE_LABELS, 1, null);
        INDArray left = plain.rows().get("out1").derivatives();
        INDArray right = plain.rows().get("out2").derivatives();
        for (int n = 0; n < 5; n++) {
            double s = 0;
            for (INDArray g : List.of(left.getRow(n), right.getRow(n))) {
                for (double value : g.toDoubleVector()) {
                    s += value * value;
                }
            }
            for (String layer : plain.rows().keySet()) {
                INDArray expected =
                        plain.rows().get(layer).derivatives().getRow(n).div(Math.sqrt(s));
                assertThat(error(scaled.rows().get(layer).derivatives().getRow(n), expected))
                        .isLessThan(EXACT);
            }
        }
    }

    private static Model twoOutputs() {
        ComputationGraph graph = new ComputationGraph(settings(new Sgd(0.1))
                .graphBuilder()
                .addInputs("left", "right")
                .addLayer("a", dense(7, 3, Activation.TANH).build(), "left", "right")
                .addLayer(
                        "out1", output(3, 2, Activation.IDENTITY, new LossMSE()).build(), "a")
                .addLayer("out2", output(3, 3, Activation.TANH, new LossL2()).build(), "a")
                .setOutputs("out1", "out2")
                .build());
        graph.init();
        return graph;
    }

    @Test
    void improvedFisherIsFiniteWhereASampleIsFittedPerfectly() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(4, 5, Activation.TANH).build(),
                output(5, 2, Activation.IDENTITY, new LossMSE()).build());
        INDArray features = normal(1, 3, 4);
        INDArray labels = normal(2, 3, 2);
        labels.getRow(1).assign(network.output(features).getRow(1));
        Recorded recorded =
                Recorder.record(network, batch(features, labels), DerivativeSource.SCALED_TRUE_LABELS, 1, null);
        recorded.rows().values().forEach(rows -> {
            assertThat(rows.derivatives().getRow(1).norm2Number().doubleValue()).isLessThan(1e-3);
            assertThat(rows.derivatives().norm2Number().doubleValue()).isBetween(0.1, 100.0);
        });
    }
}
