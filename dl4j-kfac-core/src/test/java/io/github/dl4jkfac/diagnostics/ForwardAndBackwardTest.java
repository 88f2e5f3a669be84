package io.github.dl4jkfac.diagnostics;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.disturb;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/**
 * Layers of all kinds: v . (F w), where J^T is DL4J's backward pass, is v^T F w, where it is not used; so rows, masks and parameters of
 * the two passes agree.
 */
class ForwardAndBackwardTest {

    record Case(String name, Model model, MultiDataSet batch) {

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        INDArray images = normal(1, 5, 2, 6, 6);
        INDArray sequences = normal(2, 4, 3, 5);
        return Stream.of(
                new Case(
                        "images, normalised",
                        network(
                                InputType.convolutional(6, 6, 2),
                                new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
                                new BatchNormalization(),
                                new PReLULayer.Builder().inputShape(3, 4, 4).build(),
                                new LocalResponseNormalization(),
                                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                                        .kernelSize(2, 2)
                                        .stride(2, 2)
                                        .build(),
                                new SeparableConvolution2D.Builder(2, 2)
                                        .nOut(2)
                                        .activation(Activation.TANH)
                                        .build(),
                                output(2, 3, Activation.SOFTMAX, new LossMCXENT())
                                        .build()),
                        batch(images, oneHot(5, 3))),
                new Case(
                        "pixels",
                        network(
                                InputType.convolutional(6, 6, 2),
                                new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
                                new CnnLossLayer.Builder(new LossBinaryXENT())
                                        .activation(Activation.SIGMOID)
                                        .build()),
                        batch(images, normal(5, 5, 3, 4, 4).gt(0).castTo(DataType.DOUBLE))),
                new Case(
                        "words",
                        network(
                                InputType.recurrent(7, 5),
                                new EmbeddingSequenceLayer.Builder()
                                        .nIn(7)
                                        .nOut(3)
                                        .inputLength(5)
                                        .build(),
                                new Bidirectional(new LSTM.Builder().nOut(3).build()),
                                new GlobalPoolingLayer(PoolingType.AVG),
                                output(6, 3, Activation.SOFTMAX, new LossMCXENT())
                                        .build()),
                        batch(words(), oneHot(4, 3))),
                new Case(
                        "steps, convolved",
                        network(
                                InputType.recurrent(3, 5),
                                new Convolution1D.Builder(2)
                                        .nOut(3)
                                        .activation(Activation.TANH)
                                        .build(),
                                new RnnOutputLayer.Builder(new LossMSE())
                                        .nOut(2)
                                        .activation(Activation.TANH)
                                        .build()),
                        batch(sequences, normal(3, 4, 2, 4))),
                new Case(
                        "padded steps",
                        network(
                                InputType.recurrent(3),
                                new SimpleRnn.Builder().nOut(3).build(),
                                new RnnLossLayer.Builder(new LossMSE())
                                        .activation(Activation.IDENTITY)
                                        .build()),
                        padded(sequences, normal(3, 4, 3, 5))),
                new Case("truncated back-propagation", truncated(), batch(sequences, normal(3, 4, 2, 5))),
                new Case(
                        "shared layer",
                        sharing(),
                        new MultiDataSet(
                                new INDArray[] {normal(1, 4, 3), normal(2, 4, 3)}, new INDArray[] {oneHot(4, 3)})));
    }

    private static Model network(InputType input, Layer... layers) {
        return started(new MultiLayerNetwork(
                settings(new Sgd(0.1)).list(layers).setInputType(input).build()));
    }

    private static Model started(Model model) {
        model.init();
        disturb(model);
        return model;
    }

    private static INDArray words() {
        INDArray words = Nd4j.zeros(DataType.DOUBLE, 4, 1, 5);
        for (int n = 0; n < 4; n++) {
            for (int t = 0; t < 5; t++) {
                words.putScalar(n, 0, t, (3 * n + 2 * t) % 7);
            }
        }
        return words;
    }

    private static MultiDataSet padded(INDArray features, INDArray labels) {
        INDArray mask = Nd4j.ones(DataType.DOUBLE, 4, 5);
        mask.putScalar(0, 4, 0);
        mask.putScalar(2, 3, 0);
        mask.putScalar(2, 4, 0);
        return new MultiDataSet(
                new INDArray[] {features}, new INDArray[] {labels}, new INDArray[] {mask}, new INDArray[] {mask});
    }

    private static Model truncated() {
        return started(new MultiLayerNetwork(settings(new Sgd(0.1))
                .list(
                        new LSTM.Builder().nIn(3).nOut(3).build(),
                        new RnnOutputLayer.Builder(new LossMSE())
                                .nIn(3)
                                .nOut(2)
                                .activation(Activation.IDENTITY)
                                .build())
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(2)
                .build()));
    }

    private static Model sharing() {
        return started(new ComputationGraph(settings(new Sgd(0.1))
                .graphBuilder()
                .addInputs("x1", "x2")
                .addVertex("both", new StackVertex(), "x1", "x2")
                .addLayer("a", dense(3, 4, Activation.TANH).build(), "both")
                .addVertex("a1", new UnstackVertex(0, 2), "a")
                .addVertex("a2", new UnstackVertex(1, 2), "a")
                .addVertex("product", new ElementWiseVertex(ElementWiseVertex.Op.Product), "a1", "a2")
                .addLayer(
                        "y", output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build(), "product")
                .setOutputs("y")
                .build()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theBackwardPassIsTheTransposeOfTheForwardPass(Case tested) {
        FisherProducts fisher = FisherProducts.of(tested.model(), tested.batch());
        INDArray v = normal(11, 1, fisher.parameters());
        INDArray w = normal(12, 1, fisher.parameters());
        double length = Math.sqrt(fisher.square(v) * fisher.square(w));
        assertThat(length).isPositive();
        assertThat(inner(v, fisher.multiply(w)) / length).isCloseTo(fisher.product(v, w) / length, offset(1e-7));
        assertThat(inner(fisher.multiply(v), w) / length).isCloseTo(fisher.product(v, w) / length, offset(1e-7));
    }
}
