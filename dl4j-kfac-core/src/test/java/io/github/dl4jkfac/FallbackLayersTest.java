package io.github.dl4jkfac;

import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.testing.FAdamCheck;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.CapsuleStrengthLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.LocallyConnected2D;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossL2;

/** Layers for which no curvature block is known get the fallback updater: attaching works, and so do steps beside K-FAC layers. */
class FallbackLayersTest {

    private record Case(String name, InputType type, INDArray features, Layer... layers) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Case ofVectors(String name, Layer layer) {
        return new Case(name, InputType.feedForward(5), normal(1, 4, 5), layer);
    }

    private static Case ofSequences(String name, Layer layer) {
        return new Case(
                name, InputType.recurrent(3, 4, RNNFormat.NCW), normal(1, 4, 3, 4), layer, new GlobalPoolingLayer());
    }

    private static Case ofImages(String name, Layer... layers) {
        return new Case(name, InputType.convolutional(6, 6, 2), normal(1, 4, 2, 6, 6), layers);
    }

    static Stream<Case> cases() {
        return Stream.of(
                ofVectors("autoencoder", new AutoEncoder.Builder().nOut(4).build()),
                ofVectors(
                        "variational autoencoder",
                        new VariationalAutoencoder.Builder()
                                .encoderLayerSizes(4)
                                .decoderLayerSizes(4)
                                .nOut(3)
                                .build()),
                ofSequences(
                        "locally connected sequences",
                        new LocallyConnected1D.Builder()
                                .kernelSize(2)
                                .setInputSize(4)
                                .nOut(3)
                                .build()),
                ofImages(
                        "locally connected images",
                        new LocallyConnected2D.Builder()
                                .kernelSize(2, 2)
                                .setInputSize(6, 6)
                                .nOut(3)
                                .build()),
                ofImages(
                        "capsules",
                        new PrimaryCapsules.Builder(2, 2)
                                .kernelSize(3, 3)
                                .stride(2, 2)
                                .build(),
                        new CapsuleLayer.Builder(2, 3, 1).build(),
                        new CapsuleStrengthLayer.Builder().build()),
                ofSequences(
                        "self-attention",
                        new SelfAttentionLayer.Builder()
                                .nOut(4)
                                .nHeads(2)
                                .projectInput(true)
                                .build()),
                ofSequences(
                        "recurrent attention",
                        new RecurrentAttentionLayer.Builder()
                                .nOut(4)
                                .nHeads(2)
                                .projectInput(true)
                                .build()),
                ofSequences(
                        "layer normalisation at every step",
                        new TimeDistributed(new DenseLayer.Builder()
                                .nIn(3)
                                .nOut(3)
                                .hasLayerNorm(true)
                                .build())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void attachingLeavesTheOutputsAndStepsAreFinite(Case c) {
        MultiLayerNetwork network = network(c);
        INDArray before = network.output(c.features).dup();
        KFacListener.attach(network);
        assertThat(network.output(c.features)).isEqualTo(before);
        INDArray labels = normal(2, 4, 2);
        TestNetworks.fit(network, TestNetworks.batch(c.features, labels));
        INDArray first = network.getLayer(0).params().dup();
        TestNetworks.fit(network, TestNetworks.batch(c.features, labels));
        assertThat(network.params().sumNumber().doubleValue()).isFinite();
        assertThat(network.getLayer(0).params())
                .as("the layer without a block learns as well")
                .isNotEqualTo(first);
        assertThat(Sessions.find(network).blocks())
                .noneMatch(block -> block.plan().slot().name().equals("0"))
                .anyMatch(block -> block.plan().slot().name().equals(Integer.toString(c.layers.length)));
    }

    /** FAdam needs no block: it serves these layers as it does all others. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void fAdamServesThemItself(Case c) {
        MultiLayerNetwork network = network(c, FAdamCheck.updater());
        FAdamCheck check = new FAdamCheck(network);
        for (int k = 0; k < 3; k++) {
            check.step(TestNetworks.batch(c.features, normal(2, 4, 2)));
        }
        assertThat(check.tensors()).isGreaterThan(2);
        assertThat(BlockTable.text(KFacListener.blocks(network)))
                .containsPattern("\\R0 +FAdam +tensor by tensor")
                .doesNotContain("fallback");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void adaFisherLeavesThemToTheFallbackUpdater(Case c) {
        MultiLayerNetwork network =
                network(c, AdaFisher.builder().fallback(new Sgd(0.1)).build());
        MultiLayerNetwork plain = network(c, new Sgd(0.1));
        KFacListener.attach(network);
        TestNetworks.fit(network, TestNetworks.batch(c.features, normal(2, 4, 2)));
        TestNetworks.fit(plain, TestNetworks.batch(c.features, normal(2, 4, 2)));
        assertThat(network.getLayer(0).params()).isEqualTo(plain.getLayer(0).params());
        assertThat(network.getOutputLayer().params())
                .isNotEqualTo(plain.getOutputLayer().params());
    }

    private static MultiLayerNetwork network(Case c) {
        return network(
                c, KFac.builder().statisticsInterval(1).inverseInterval(1).build());
    }

    private static MultiLayerNetwork network(Case c, IUpdater updater) {
        var list = settings(updater).activation(Activation.TANH).list();
        for (Layer layer : c.layers) {
            list.layer(layer);
        }
        list.layer(new OutputLayer.Builder(new LossL2())
                .nOut(2)
                .activation(Activation.TANH)
                .build());
        MultiLayerNetwork network =
                new MultiLayerNetwork(list.setInputType(c.type).build());
        network.init();
        return network;
    }
}
