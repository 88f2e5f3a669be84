package io.github.dl4jkfac.training;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.AdaFisherW;
import io.github.dl4jkfac.FAdam;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.NaturalGradientUpdater;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Some steps of an autoencoder and of a convolutional network in single precision, at the defaults. */
@Tag("training")
class DiagonalUpdaterDefaultsTest {

    private static final int STEPS = 25;

    static Stream<NaturalGradientUpdater> updaters() {
        return Stream.of(new AdaFisher(), new AdaFisherW(), new FAdam());
    }

    private static ComputationGraph autoencoder(IUpdater updater) {
        ComputationGraph graph = new ComputationGraph(settings(updater)
                .dataType(DataType.FLOAT)
                .graphBuilder()
                .addInputs("x")
                .addLayer("encode", dense(64, 40, Activation.SIGMOID).build(), "x")
                .addLayer("code", dense(40, 6, Activation.IDENTITY).build(), "encode")
                .addLayer("decode", dense(6, 40, Activation.SIGMOID).build(), "code")
                .addLayer(
                        "y",
                        output(40, 64, Activation.SIGMOID, new LossBinaryXENT()).build(),
                        "decode")
                .setOutputs("y")
                .build());
        graph.init();
        return graph;
    }

    /** Images of 64 pixels that depend on four numbers. */
    private static MultiDataSet images(int k) {
        INDArray x = Transforms.sigmoid(
                        Transforms.tanh(normal(k, 64, 4).mmul(normal(2, 4, 16))).mmul(normal(3, 16, 64)))
                .castTo(DataType.FLOAT);
        return TestNetworks.batch(x, x.dup());
    }

    private static MultiLayerNetwork convolutional(IUpdater updater) {
        MultiLayerNetwork network = new MultiLayerNetwork(settings(updater)
                .dataType(DataType.FLOAT)
                .convolutionMode(ConvolutionMode.Same)
                .activation(Activation.RELU)
                .list()
                .layer(new ConvolutionLayer.Builder(3, 3).nOut(8).build())
                .layer(new BatchNormalization())
                .layer(new ConvolutionLayer.Builder(3, 3).nOut(8).stride(2, 2).build())
                .layer(new GlobalPoolingLayer(PoolingType.AVG))
                .layer(new OutputLayer.Builder(new LossMCXENT())
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(8, 8, 2))
                .build());
        network.init();
        return network;
    }

    /** Class n brightens the rows n, n + 3, n + 6 of the first channel. */
    private static MultiDataSet stripes(int k) {
        INDArray x = normal(k, 48, 2, 8, 8).muli(0.5);
        for (int n = 0; n < 48; n++) {
            for (int row = n % 3; row < 8; row += 3) {
                for (int column = 0; column < 8; column++) {
                    x.putScalar(new int[] {n, 0, row, column}, 1 + x.getDouble(n, 0, row, column));
                }
            }
        }
        return TestNetworks.batch(x.castTo(DataType.FLOAT), oneHot(48, 3).castTo(DataType.FLOAT));
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void theLossOfAnAutoencoderFalls(NaturalGradientUpdater updater) {
        ComputationGraph graph = autoencoder(updater);
        KFacListener.attach(graph);
        double before = graph.score(images(100));
        for (int k = 0; k < STEPS; k++) {
            graph.fit(images(k));
            assertThat(Fixtures.isFinite(graph.params())).isTrue();
        }
        assertThat(graph.score(images(100))).isLessThan(before);
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void theLossOfAConvolutionalNetworkFalls(NaturalGradientUpdater updater) {
        MultiLayerNetwork network = convolutional(updater);
        KFacListener.attach(network);
        double before = loss(network);
        for (int k = 0; k < STEPS; k++) {
            TestNetworks.fit(network, stripes(k));
            assertThat(Fixtures.isFinite(network.params())).isTrue();
        }
        assertThat(loss(network)).isLessThan(before);
    }

    /** With the statistics of the batch, as in training: those of the whole data follow slowly. */
    private static double loss(MultiLayerNetwork network) {
        MultiDataSet batch = stripes(100);
        return network.score(new DataSet(batch.getFeatures(0), batch.getLabels(0)), true);
    }
}
