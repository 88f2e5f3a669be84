package io.github.dl4jkfac.diagnostics;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.disturb;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.dl4jkfac.diagnostics.EnumeratedFisher.Outcomes;
import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossHinge;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** The operator against the Fisher matrix by its definition. */
class FisherProductsTest {

    /** Central differences in float64 (math: [z(theta + e v) - z(theta - e v)] / 2e). */
    private static final double TOLERANCE = 1e-7;

    /** A network, a batch, and what its outputs could draw. */
    record Case(String name, Model model, MultiDataSet batch, Outcomes... heads) {

        @Override
        public String toString() {
            return name;
        }

        INDArray dense() {
            return EnumeratedFisher.of(model, batch, heads);
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case("softmax", classifier(), batch(normal(1, 5, 4), oneHot(5, 3)), EnumeratedFisher.CLASSES),
                new Case(
                        "sigmoid",
                        sequence(
                                settings(new Sgd(0.1)),
                                dense(4, 3, Activation.TANH).build(),
                                output(3, 3, Activation.SIGMOID, new LossBinaryXENT())
                                        .build()),
                        batch(normal(1, 5, 4), oneHot(5, 3)),
                        EnumeratedFisher.BITS),
                new Case(
                        "squared error of tanh",
                        sequence(
                                settings(new Sgd(0.1)),
                                dense(4, 3, Activation.SIGMOID).build(),
                                output(3, 2, Activation.TANH, new LossMSE()).build()),
                        batch(normal(1, 5, 4), normal(2, 5, 2)),
                        EnumeratedFisher.gaussian(1)),
                new Case(
                        "masked samples",
                        classifier(),
                        batch(normal(1, 4, 4), oneHot(4, 3), Nd4j.createFromArray(new double[][] {{1}, {0}, {1}, {1}})),
                        EnumeratedFisher.CLASSES),
                convolutional(),
                recurrent(),
                twoHeads());
    }

    private static MultiLayerNetwork classifier() {
        return sequence(
                settings(new Sgd(0.1)),
                dense(4, 5, Activation.TANH).build(),
                dense(5, 4, Activation.SIGMOID).hasBias(false).build(),
                output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    private static Case convolutional() {
        MultiLayerNetwork network = new MultiLayerNetwork(settings(new Sgd(0.1))
                .list()
                .layer(new ConvolutionLayer.Builder(3, 3)
                        .nOut(2)
                        .activation(Activation.TANH)
                        .build())
                .layer(new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.AVG)
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build())
                .layer(new OutputLayer.Builder(new LossMCXENT())
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(6, 6, 1))
                .build());
        network.init();
        disturb(network);
        return new Case("convolution", network, batch(normal(1, 4, 1, 6, 6), oneHot(4, 2)), EnumeratedFisher.CLASSES);
    }

    /** Of the first sample the last step does not count. */
    private static Case recurrent() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                new LSTM.Builder().nIn(2).nOut(3).activation(Activation.TANH).build(),
                new RnnOutputLayer.Builder(new LossMCXENT())
                        .nIn(3)
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build());
        INDArray mask = Nd4j.ones(DataType.DOUBLE, 2, 3);
        mask.putScalar(0, 2, 0);
        INDArray labels = Nd4j.zeros(DataType.DOUBLE, 2, 2, 3);
        labels.get(NDArrayIndex.all(), NDArrayIndex.point(1), NDArrayIndex.all())
                .assign(1);
        MultiDataSet batch = new MultiDataSet(
                new INDArray[] {normal(1, 2, 2, 3)}, new INDArray[] {labels}, new INDArray[] {mask}, new INDArray[] {
                    mask
                });
        return new Case("masked sequences", network, batch, EnumeratedFisher.CLASSES);
    }

    private static Case twoHeads() {
        ComputationGraph graph = new ComputationGraph(settings(new Sgd(0.1))
                .graphBuilder()
                .addInputs("x1", "x2")
                .addLayer("a", dense(3, 3, Activation.TANH).build(), "x1")
                .addLayer("b", dense(2, 2, Activation.TANH).build(), "x2")
                .addLayer("c", dense(5, 3, Activation.TANH).build(), "a", "b")
                .addLayer(
                        "y1", output(3, 2, Activation.SOFTMAX, new LossMCXENT()).build(), "c")
                .addLayer("y2", output(5, 2, Activation.IDENTITY, new LossL2()).build(), "a", "b")
                .setOutputs("y1", "y2")
                .build());
        graph.init();
        disturb(graph);
        MultiDataSet batch = new MultiDataSet(
                new INDArray[] {normal(1, 4, 3), normal(2, 4, 2)}, new INDArray[] {oneHot(4, 2), normal(3, 4, 2)});
        return new Case(
                "two outputs of a graph", graph, batch, EnumeratedFisher.CLASSES, EnumeratedFisher.gaussian(0.5));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void productsAreThoseOfTheFisherMatrix(Case tested) {
        INDArray dense = tested.dense();
        FisherProducts fisher = FisherProducts.of(tested.model(), tested.batch());
        INDArray v = normal(11, 1, dense.size(0));
        INDArray w = normal(12, 1, dense.size(0)).muli(100);
        assertThat(error(fisher.multiply(v), v.mmul(dense))).isLessThan(TOLERANCE);
        assertThat(fisher.square(v)).isCloseTo(form(dense, v, v), withPercentage(1e-5));
        assertThat(fisher.square(w)).isCloseTo(form(dense, w, w), withPercentage(1e-5));
        double scale = Math.sqrt(form(dense, v, v) * form(dense, w, w));
        assertThat(Math.abs(fisher.product(v, w) - form(dense, v, w)) / scale).isLessThan(TOLERANCE);
    }

    private static double form(INDArray dense, INDArray v, INDArray w) {
        return v.mmul(dense).mul(w).sumNumber().doubleValue();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gradientAndLossAreDl4jsMeans(Case tested) {
        FisherProducts fisher = FisherProducts.of(tested.model(), tested.batch());
        INDArray sum = EnumeratedFisher.gradient(tested.model(), tested.batch());
        assertThat(fisher.samples()).isEqualTo(tested.batch().getFeatures(0).size(0));
        assertThat(error(fisher.gradient(), sum.div(fisher.samples()))).isLessThan(1e-12);
        assertThat(fisher.loss()).isCloseTo(tested.model().score(), withPercentage(1e-10));
    }

    /** J of the coupled outputs by differences, parameter by parameter; H of the squared error is 2 I. */
    @Test
    void batchNormalisationUsesTheBatchAndItsRunningStatisticsAreNotLearnt() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                dense(3, 4, Activation.IDENTITY).build(),
                new BatchNormalization.Builder().nOut(4).build(),
                dense(4, 3, Activation.TANH).build(),
                output(3, 2, Activation.IDENTITY, new LossL2()).build());
        INDArray x = normal(1, 6, 3);
        MultiDataSet batch = batch(x, normal(2, 6, 2));
        FisherProducts fisher = FisherProducts.of(network, batch);
        INDArray jacobian = jacobian(network, x);
        INDArray expected = jacobian.transpose().mmul(jacobian).muli(2.0 / 6);
        INDArray v = normal(11, 1, network.numParams());
        assertThat(error(fisher.multiply(v), v.mmul(expected))).isLessThan(1e-6);
        assertThat(fisher.square(v)).isCloseTo(form(expected, v, v), withPercentage(1e-4));
        INDArray ones = fisher.learned(Nd4j.ones(1, network.numParams()));
        assertThat(ones.sumNumber().longValue()).isEqualTo(network.numParams() - 2 * 4);
        INDArray statistics = ones.rsub(1);
        assertThat(fisher.gradient().mul(statistics).normmaxNumber().doubleValue())
                .isZero();
    }

    /** Of the outputs in training mode, [N C,P]. */
    private static INDArray jacobian(MultiLayerNetwork network, INDArray x) {
        double e = 1e-5;
        int length = (int) network.numParams();
        INDArray jacobian = null;
        for (int p = 0; p < length; p++) {
            double value = network.params().getDouble(p);
            network.params().putScalar(p, value + e);
            INDArray change = network.output(x, true).dup();
            network.params().putScalar(p, value - e);
            change.subi(network.output(x, true)).divi(2 * e);
            network.params().putScalar(p, value);
            jacobian = jacobian == null ? Nd4j.zeros(DataType.DOUBLE, change.length(), length) : jacobian;
            jacobian.putColumn(p, change.dup('c').reshape('c', change.length(), 1));
        }
        return jacobian;
    }

    private static MultiLayerNetwork noisy(Function<Layer, Layer> outer, boolean noise) {
        var settings = settings(new Sgd(0.1));
        if (noise) {
            settings.dropOut(0.5).weightNoise(new DropConnect(0.5));
        }
        var first = dense(4, 5, Activation.TANH);
        var second = dense(5, 4, Activation.TANH)
                .activation(noise ? new ActivationRReLU(0.1, 0.3) : new ActivationLReLU(0.2));
        return sequence(
                settings,
                outer.apply(first.build()),
                noise ? new DropoutLayer(0.5) : new ActivationLayer(Activation.IDENTITY),
                second.build(),
                output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    @Test
    void whatIsRandomInTrainingIsOff() {
        MultiDataSet batch = batch(normal(1, 5, 4), oneHot(5, 3));
        MultiLayerNetwork random = noisy(layer -> layer, true);
        String configuration = random.getLayerWiseConfigurations().toJson();
        INDArray v = normal(11, 1, random.numParams());
        Nd4j.getRandom().setSeed(3);
        double next = Nd4j.getRandom().nextDouble();
        Nd4j.getRandom().setSeed(3);
        FisherProducts fisher = FisherProducts.of(random, batch);
        INDArray product = fisher.multiply(v);
        assertThat(Nd4j.getRandom().nextDouble()).as("the global stream").isEqualTo(next);
        assertThat(error(
                        product,
                        FisherProducts.of(noisy(layer -> layer, false), batch).multiply(v)))
                .isLessThan(1e-12);
        assertThat(random.getLayerWiseConfigurations().toJson()).isEqualTo(configuration);
    }

    @Test
    void frozenLayersAreNotLearnt() {
        MultiDataSet batch = batch(normal(1, 5, 4), oneHot(5, 3));
        MultiLayerNetwork free = noisy(layer -> layer, false);
        FisherProducts frozen = FisherProducts.of(noisy(FrozenLayer::new, false), batch);
        INDArray v = normal(11, 1, free.numParams());
        INDArray upper = v.dup();
        upper.get(NDArrayIndex.all(), NDArrayIndex.interval(0, 25)).assign(0);
        INDArray expected = FisherProducts.of(free, batch).multiply(upper);
        expected.get(NDArrayIndex.all(), NDArrayIndex.interval(0, 25)).assign(0);
        assertThat(error(frozen.multiply(v), expected)).isLessThan(1e-8);
        assertThat(error(frozen.learned(v), upper)).isZero();
    }

    @Test
    void centreLossAddsNothingToTheFisherMatrix() {
        MultiDataSet batch = batch(normal(1, 5, 4), oneHot(5, 3));
        MultiLayerNetwork pulled = sequence(
                settings(new Sgd(0.1)),
                dense(4, 3, Activation.TANH).build(),
                new CenterLossOutputLayer.Builder(new LossMCXENT())
                        .nIn(3)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .alpha(0.5)
                        .lambda(0.3)
                        .build());
        MultiLayerNetwork plain = sequence(
                settings(new Sgd(0.1)),
                dense(4, 3, Activation.TANH).build(),
                output(3, 3, Activation.SOFTMAX, new LossMCXENT()).build());
        long shared = plain.numParams();
        plain.setParams(pulled.params().get(NDArrayIndex.all(), NDArrayIndex.interval(0, shared)));
        INDArray v = normal(11, 1, pulled.numParams());
        INDArray product = FisherProducts.of(pulled, batch).multiply(v);
        INDArray expected =
                FisherProducts.of(plain, batch).multiply(v.get(NDArrayIndex.all(), NDArrayIndex.interval(0, shared)));
        assertThat(error(product.get(NDArrayIndex.all(), NDArrayIndex.interval(0, shared)), expected))
                .isLessThan(1e-9);
        assertThat(product.get(NDArrayIndex.all(), NDArrayIndex.interval(shared, pulled.numParams()))
                        .normmaxNumber()
                        .doubleValue())
                .isZero();
    }

    @Test
    void networksInFloat32AreMeasuredInFloat64() {
        MultiDataSet batch = batch(normal(1, 5, 4), oneHot(5, 3));
        MultiLayerNetwork single = classifier().convertDataType(DataType.FLOAT);
        MultiLayerNetwork same = single.convertDataType(DataType.DOUBLE);
        INDArray v = normal(11, 1, single.numParams());
        MultiDataSet inFloat = batch(
                batch.getFeatures(0).castTo(DataType.FLOAT), batch.getLabels(0).castTo(DataType.FLOAT));
        MultiDataSet rounded = batch(inFloat.getFeatures(0).castTo(DataType.DOUBLE), batch.getLabels(0));
        INDArray product = FisherProducts.of(single, inFloat).multiply(v);
        assertThat(product.dataType()).isEqualTo(DataType.DOUBLE);
        assertThat(error(product, FisherProducts.of(same, rounded).multiply(v))).isLessThan(1e-12);
    }

    @Test
    void otherBatchesAndOtherParametersUseTheSameCopy() {
        MultiLayerNetwork network = classifier();
        INDArray before = network.params().dup();
        INDArray v = normal(11, 1, network.numParams());
        DataSet first = new DataSet(normal(1, 5, 4), oneHot(5, 3));
        DataSet second = new DataSet(normal(2, 7, 4), oneHot(7, 3));
        FisherProducts here = FisherProducts.of(network, first);
        INDArray moved = before.add(normal(5, before.shape()).muli(0.3));
        FisherProducts there = here.on(second).at(moved);
        MultiLayerNetwork elsewhere = network.clone();
        elsewhere.setParams(moved);
        assertThat(error(there.multiply(v), FisherProducts.of(elsewhere, second).multiply(v)))
                .isLessThan(1e-12);
        assertThat(error(here.multiply(v), FisherProducts.of(network, first).multiply(v)))
                .isLessThan(1e-12);
        assertThat(network.params()).isEqualTo(before);
    }

    @Test
    void vectorsMayHaveAnyShapeButNoOtherLength() {
        FisherProducts fisher = FisherProducts.of(classifier(), batch(normal(1, 5, 4), oneHot(5, 3)));
        INDArray v = normal(11, fisher.parameters());
        assertThat(error(fisher.multiply(v), fisher.multiply(v.reshape('c', fisher.parameters(), 1))))
                .isZero();
        assertThat(fisher.square(Nd4j.zeros(1, fisher.parameters()))).isZero();
        assertThatThrownBy(() -> fisher.multiply(Nd4j.ones(3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("parameters, but the vector has length 3");
    }

    @Test
    void lossesWithoutADistributionAreRefused() {
        MultiLayerNetwork network = sequence(
                settings(new Sgd(0.1)),
                output(4, 2, Activation.IDENTITY, new LossHinge()).build());
        assertThatThrownBy(() -> FisherProducts.of(network, new DataSet(normal(1, 5, 4), oneHot(5, 2))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no Fisher matrix")
                .hasMessageContaining("LossHinge");
    }

    @Test
    void imagesOfChannelsLastAreRefusedWhereDl4jMixesThemUp() {
        MultiLayerNetwork network = new MultiLayerNetwork(settings(new Sgd(0.1))
                .list()
                .layer(new ConvolutionLayer.Builder(1, 1)
                        .nOut(2)
                        .dataFormat(CNN2DFormat.NHWC)
                        .build())
                .layer(new CnnLossLayer.Builder(new LossL2())
                        .activation(Activation.IDENTITY)
                        .format(CNN2DFormat.NHWC)
                        .build())
                .setInputType(InputType.convolutional(3, 3, 1, CNN2DFormat.NHWC))
                .build());
        network.init();
        assertThatThrownBy(() -> FisherProducts.of(network, batch(normal(1, 2, 3, 3, 1), normal(2, 2, 3, 3, 2))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("NCHW only");
    }
}
