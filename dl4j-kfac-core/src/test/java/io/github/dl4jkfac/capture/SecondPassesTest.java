package io.github.dl4jkfac.capture;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.testing.RecordedGroup;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossPoisson;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The passes of {@link DerivativeSource#EXACT} against DL4J's own backward pass at labels that make its derivatives the columns of B,
 * and all of them together against the Fisher matrix of single samples' gradients.
 */
class SecondPassesTest {

    private static final int SAMPLES = 3;
    private static final double EXACT = 1e-10;

    /** Labels at which DL4J's derivative, times the root of a weight for each sample, is one column of B, or its opposite. */
    private record Column(INDArray[] labels, INDArray weights) {}

    /** A network and, made from its outputs in training mode, the columns of all outputs. */
    private record Case(
            String name,
            Model model,
            INDArray[] features,
            INDArray[] masks,
            Function<INDArray[], List<Column>> columns) {

        MultiDataSet batch(INDArray[] labels) {
            return new MultiDataSet(features, labels, null, masks);
        }

        /** With the noise of every other pass of the same case. */
        INDArray[] outputs() {
            Nd4j.getRandom().setSeed(11);
            return model instanceof MultiLayerNetwork network
                    ? new INDArray[] {network.output(features[0], true).dup()}
                    : Arrays.stream(((ComputationGraph) model).output(true, features))
                            .map(INDArray::dup)
                            .toArray(INDArray[]::new);
        }

        List<Column> ofOutputs() {
            return columns.apply(outputs());
        }

        Map<String, RecordedGroup> record(INDArray[] labels, DerivativeSource source) {
            Nd4j.getRandom().setSeed(11);
            return Recorder.record(
                            model,
                            batch(labels),
                            source,
                            1,
                            Nd4j.getRandomFactory().getNewRandomInstance(3))
                    .groups()
                    .stream()
                    .collect(Collectors.toMap(RecordedGroup::toString, Function.identity()));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Case sequential(
            String name, INDArray features, Function<INDArray, List<Column>> columns, Layer... layers) {
        return new Case(
                name,
                sequence(settings(new Sgd(0.1)), layers),
                new INDArray[] {features},
                null,
                outputs -> columns.apply(outputs[0]));
    }

    static Stream<Case> networks() {
        return Stream.of(plain(), special()).flatMap(cases -> cases);
    }

    static Stream<Case> plain() {
        INDArray x = normal(1, SAMPLES, 4);
        return Stream.of(
                sequential(
                        "softmax",
                        x,
                        SecondPassesTest::classes,
                        dense(4, 5, Activation.TANH).build(),
                        dense(5, 4, Activation.SOFTPLUS).hasBias(false).build(),
                        output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build()),
                sequential(
                        "sigmoid",
                        x,
                        p -> shifted(p, Transforms.sqrt(p.rsub(1).mul(p), true)),
                        dense(4, 5, Activation.RELU).build(),
                        output(5, 3, Activation.SIGMOID, new LossBinaryXENT()).build()),
                squaredError("identity", Activation.IDENTITY, new LossL2(), 1),
                squaredError("tanh", Activation.TANH, new LossMSE(), 1.0 / 3),
                squaredError("softmax", Activation.SOFTMAX, new LossMSE(), 1.0 / 3),
                sequential(
                        "absolute error",
                        x,
                        o -> shifted(o, Nd4j.onesLike(o)),
                        dense(4, 5, Activation.TANH).build(),
                        output(5, 3, Activation.TANH, new LossL1()).build()),
                sequential(
                        "Poisson",
                        x,
                        o -> shifted(o, Transforms.sqrt(o, true)),
                        dense(4, 5, Activation.TANH).build(),
                        output(5, 2, Activation.SOFTPLUS, new LossPoisson()).build()),
                sequential(
                        "embedding",
                        Nd4j.createFromArray(2.0, 0, 2).reshape('c', SAMPLES, 1),
                        SecondPassesTest::classes,
                        new EmbeddingLayer.Builder()
                                .nIn(4)
                                .nOut(3)
                                .hasBias(true)
                                .build(),
                        output(3, 2, Activation.SOFTMAX, new LossMCXENT()).build()),
                sequential(
                        "LSTM",
                        normal(1, SAMPLES, 2, 4),
                        SecondPassesTest::classes,
                        new LastTimeStep(new LSTM.Builder()
                                .nIn(2)
                                .nOut(3)
                                .activation(Activation.TANH)
                                .build()),
                        output(3, 2, Activation.SOFTMAX, new LossMCXENT()).build()),
                sequential(
                        "one step",
                        normal(1, SAMPLES, 2, 1),
                        SecondPassesTest::classes,
                        new SimpleRnn.Builder()
                                .nIn(2)
                                .nOut(3)
                                .activation(Activation.TANH)
                                .build(),
                        new RnnOutputLayer.Builder(new LossMCXENT())
                                .nIn(3)
                                .nOut(2)
                                .activation(new ActivationSoftmax())
                                .dataFormat(RNNFormat.NCW)
                                .build()),
                convolutions(),
                twoOutputs(null));
    }

    /** Networks in which a sample has not the gradient that it has alone, since noise is drawn anew or DL4J takes its mask otherwise. */
    private static Stream<Case> special() {
        INDArray x = normal(1, SAMPLES, 4);
        INDArray[] masks = {
            Nd4j.createFromArray(1.0, 0, 1).reshape('c', SAMPLES, 1),
            Nd4j.createFromArray(1.0, 1, 0).reshape('c', SAMPLES, 1)
        };
        return Stream.of(
                twoOutputs(masks),
                sequential(
                        "dropout",
                        x,
                        SecondPassesTest::classes,
                        dense(4, 5, Activation.TANH).dropOut(0.6).build(),
                        new PReLULayer.Builder()
                                .inputShape(5)
                                .nIn(5)
                                .nOut(5)
                                .dropOut(0.7)
                                .build(),
                        dense(5, 4, Activation.TANH).dropOut(0.8).build(),
                        output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build()),
                sequential(
                        "DropConnect",
                        x,
                        SecondPassesTest::classes,
                        dense(4, 5, Activation.TANH)
                                .weightNoise(new DropConnect(0.7))
                                .build(),
                        dense(5, 4, Activation.TANH)
                                .weightNoise(new DropConnect(0.8))
                                .build(),
                        output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build()));
    }

    private static Case squaredError(String name, Activation activation, ILossFunction loss, double c) {
        return sequential(
                "squared error, " + name,
                normal(1, SAMPLES, 4),
                o -> shifted(o, Nd4j.onesLike(o).mul(Math.sqrt(1 / (2 * c)))),
                dense(4, 5, Activation.TANH).build(),
                output(5, 3, activation, loss).build());
    }

    private static Case convolutions() {
        MultiLayerNetwork network = new MultiLayerNetwork(settings(new Sgd(0.1))
                .list()
                .layer(new ConvolutionLayer.Builder(2, 2)
                        .nOut(2)
                        .activation(Activation.TANH)
                        .build())
                .layer(new ConvolutionLayer.Builder(2, 2)
                        .nOut(2)
                        .activation(Activation.IDENTITY)
                        .build())
                .layer(output(8, 3, Activation.SOFTMAX, new LossMCXENT()).build())
                .setInputType(InputType.convolutional(4, 4, 1))
                .build());
        network.init();
        TestNetworks.disturb(network);
        return new Case(
                "convolutions",
                network,
                new INDArray[] {normal(1, SAMPLES, 1, 4, 4)},
                null,
                outputs -> classes(outputs[0]));
    }

    /** Of one output's columns the others have none: there the label is the prediction. */
    private static Case twoOutputs(INDArray[] masks) {
        ComputationGraph graph = new ComputationGraph(settings(new Sgd(0.1))
                .graphBuilder()
                .addInputs("x")
                .addLayer("a", dense(4, 5, Activation.TANH).build(), "x")
                .addLayer(
                        "classes",
                        output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build(),
                        "a")
                .addLayer("b", dense(9, 3, Activation.SIGMOID).build(), "a", "x")
                .addLayer(
                        "values",
                        output(3, 2, Activation.IDENTITY, new LossL2()).build(),
                        "b")
                .setOutputs("classes", "values")
                .build());
        graph.init();
        TestNetworks.disturb(graph);
        return new Case(
                masks == null ? "two outputs" : "two outputs, masked",
                graph,
                new INDArray[] {normal(1, SAMPLES, 4)},
                masks,
                outputs -> {
                    List<Column> columns = new ArrayList<>();
                    for (Column column : classes(outputs[0])) {
                        columns.add(new Column(new INDArray[] {column.labels[0], outputs[1]}, column.weights));
                    }
                    INDArray away = Nd4j.onesLike(outputs[1]).mul(Math.sqrt(0.5));
                    for (Column column : shifted(outputs[1], away)) {
                        columns.add(new Column(new INDArray[] {outputs[0], column.labels[0]}, column.weights));
                    }
                    return columns;
                });
    }

    /** sqrt(p_c) (e_c - p). */
    private static List<Column> classes(INDArray p) {
        List<Column> columns = new ArrayList<>();
        INDArray flat = p.reshape('c', p.size(0), p.size(1));
        for (long c = 0; c < p.size(1); c++) {
            INDArray labels = Nd4j.zeros(DataType.DOUBLE, flat.shape());
            labels.getColumn(c).assign(1);
            columns.add(new Column(
                    new INDArray[] {labels.reshape('c', p.shape())},
                    flat.getColumn(c, true).dup()));
        }
        return columns;
    }

    /** Column i is the derivative at y = o - d e_i. */
    private static List<Column> shifted(INDArray o, INDArray d) {
        List<Column> columns = new ArrayList<>();
        for (long i = 0; i < o.size(1); i++) {
            INDArray labels = o.dup();
            labels.getColumn(i).subi(d.getColumn(i));
            columns.add(new Column(new INDArray[] {labels}, Nd4j.ones(DataType.DOUBLE, o.size(0), 1)));
        }
        return columns;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void everyPassIsDl4jsOwnAtLabelsThatMakeTheColumn(Case c) {
        List<Column> columns = c.ofOutputs();
        Map<String, RecordedGroup> exact = c.record(columns.get(0).labels, DerivativeSource.EXACT);
        for (int pass = 0; pass < columns.size(); pass++) {
            INDArray roots = Transforms.sqrt(columns.get(pass).weights.mul(columns.size()), true);
            for (RecordedGroup own : c.record(columns.get(pass).labels, DerivativeSource.TRUE_LABELS)
                    .values()) {
                RecordedGroup all = exact.get(own.toString());
                long count = own.derivatives().size(0);
                INDArray expected = scaled(own, roots);
                INDArray actual = rows(all.derivatives(), pass * count, (pass + 1) * count);
                double opposite = error(actual.neg(), expected);
                assertThat(Math.min(error(actual, expected), opposite))
                        .as("derivatives of %s in pass %d", own, pass)
                        .isLessThan(EXACT);
                assertThat(all.derivatives().norm2Number().doubleValue()).isPositive();
                assertThat(all.samples()).isEqualTo(columns.size() * own.samples());
                assertThat(all.active()).isEqualTo(columns.size() * own.active());
            }
        }
    }

    /** All rows of a sample times its number. */
    private static INDArray scaled(RecordedGroup group, INDArray ofSamples) {
        long positions = group.derivatives().size(0) / group.samples();
        INDArray column = Nd4j.tile(ofSamples, 1, (int) positions).reshape('c', positions * group.samples(), 1);
        return group.derivatives().mulColumnVector(column);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("plain")
    void secondMomentOfAllPassesIsTheFisherMatrix(Case c) {
        List<Column> columns = c.ofOutputs();
        Map<String, RecordedGroup> exact = c.record(columns.get(0).labels, DerivativeSource.EXACT);
        Map<String, INDArray> fisher = fisher(c, columns);
        assertThat(fisher).isNotEmpty();
        fisher.forEach((group, expected) -> assertThat(error(SampleMoments.of(exact.get(group)), expected))
                .as(group)
                .isLessThan(EXACT));
    }

    /** From nothing but DL4J's gradients of single samples. */
    private static Map<String, INDArray> fisher(Case c, List<Column> columns) {
        Map<String, INDArray> blocks = new HashMap<>();
        for (Column column : columns) {
            for (int n = 0; n < SAMPLES; n++) {
                double weight = column.weights.getDouble(n) / SAMPLES;
                MultiDataSet sample =
                        new MultiDataSet(sample(c.features, n), sample(column.labels, n), null, sample(c.masks, n));
                Recorder.record(c.model, sample).groups().forEach(group -> {
                    INDArray u = TestNetworks.vec(group.gradient());
                    blocks.merge(group.toString(), u.transpose().mmul(u).mul(weight), INDArray::add);
                });
            }
        }
        return blocks;
    }

    /** A pass that starts at another output sends nothing to a layer that this one does not depend on, and says nothing of its steps. */
    @Test
    void paddingStaysOutInPassesThatDoNotReachTheLayer() {
        ComputationGraph graph = new ComputationGraph(settings(new Sgd(0.1))
                .graphBuilder()
                .addInputs("sequence", "x")
                .addLayer(
                        "recurrent",
                        new LastTimeStep(new LSTM.Builder()
                                .nIn(2)
                                .nOut(3)
                                .activation(Activation.TANH)
                                .build()),
                        "sequence")
                .addLayer(
                        "classes",
                        output(3, 2, Activation.SOFTMAX, new LossMCXENT()).build(),
                        "recurrent")
                .addLayer(
                        "values",
                        output(4, 2, Activation.IDENTITY, new LossL2()).build(),
                        "x")
                .setOutputs("classes", "values")
                .build());
        graph.init();
        INDArray lengths = Nd4j.createFromArray(new double[][] {{1, 1, 0, 0}, {1, 1, 1, 1}, {1, 0, 0, 0}});
        MultiDataSet batch = new MultiDataSet(
                new INDArray[] {normal(1, SAMPLES, 2, 4), normal(2, SAMPLES, 4)},
                new INDArray[] {TestNetworks.oneHot(SAMPLES, 2), normal(3, SAMPLES, 2)},
                new INDArray[] {lengths, Nd4j.ones(DataType.DOUBLE, SAMPLES, 1)},
                null);
        RecordedGroup group = Recorder.record(graph, batch, DerivativeSource.EXACT, 1, null).groups().stream()
                .filter(own -> own.layer().equals("recurrent"))
                .findFirst()
                .orElseThrow();
        assertThat(group.samples()).isEqualTo(4 * SAMPLES);
        assertThat(group.active()).isEqualTo(4 * (2 + 4 + 1));
    }

    private static INDArray[] sample(INDArray[] arrays, int n) {
        if (arrays == null) {
            return null;
        }
        return Arrays.stream(arrays)
                .map(array -> {
                    INDArrayIndex[] indices = NDArrayIndex.allFor(array);
                    indices[0] = NDArrayIndex.interval(n, n + 1);
                    return array.get(indices).dup();
                })
                .toArray(INDArray[]::new);
    }
}
