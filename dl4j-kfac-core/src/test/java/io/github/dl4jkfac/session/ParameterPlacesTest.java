package io.github.dl4jkfac.session;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.RecordedGroup;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossL2;

/** A step reads gradients from, and writes updates to, the places where a layer's parameters lie, whatever their order. */
class ParameterPlacesTest {

    static Stream<Named<Layer>> layers() {
        return Stream.of(
                named(new ConvolutionLayer.Builder(2, 3).nOut(3).build()),
                named(new Deconvolution2D.Builder(2, 3).nOut(3).build()),
                named(new DepthwiseConvolution2D.Builder(2, 3)
                        .depthMultiplier(2)
                        .build()),
                named(new SeparableConvolution2D.Builder(2, 3)
                        .depthMultiplier(2)
                        .nOut(3)
                        .build()),
                named(new PReLULayer.Builder().inputShape(2, 4, 5).build()));
    }

    private static Named<Layer> named(Layer layer) {
        return Named.of(layer.getClass().getSimpleName(), layer);
    }

    private static MultiLayerNetwork network(Layer layer) {
        KFac kfac = KFac.builder()
                .momentum(0)
                .statisticsInterval(1)
                .inverseInterval(1)
                .build();
        MultiLayerNetwork network = new MultiLayerNetwork(settings(kfac)
                .list()
                .layer(layer)
                .layer(new OutputLayer.Builder(new LossL2())
                        .nOut(2)
                        .activation(Activation.TANH)
                        .build())
                .setInputType(InputType.convolutional(4, 5, 2))
                .build());
        network.init();
        TestNetworks.disturb(network);
        KFacListener.attach(network);
        return network;
    }

    private static final class Gradients extends BaseTrainingListener {

        private final Map<BoundBlock, INDArray> all = new IdentityHashMap<>();

        @Override
        public void onGradientCalculation(Model model) {
            Sessions.find(model).blocks().forEach(block -> all.put(block, gradient(block)));
        }

        private static INDArray gradient(BoundBlock block) {
            return RecordedGroup.gradient(
                    block.plan().slot().layer(), block.plan().group());
        }
    }

    @ParameterizedTest
    @MethodSource("layers")
    void updatesArePreconditionedGradients(Layer layer) {
        MultiLayerNetwork network = network(layer);
        Gradients gradients = new Gradients();
        network.addListeners(gradients);
        INDArray before = network.params().dup();
        TestNetworks.fit(network, TestNetworks.batch(normal(1, 6, 2, 4, 5), normal(2, 6, 2)));
        INDArray change = before.subi(network.params());
        assertThat(gradients.all).hasSizeGreaterThan(1);
        double scale = 0;
        for (BoundBlock block : gradients.all.keySet()) {
            INDArray gradient = gradients.all.get(block).div(6).dup('f');
            INDArray expected = gradient.ulike();
            block.block().precondition(gradient, gradient.ulike(), expected);
            INDArray actual = changeOf(block, network, change);
            double factor =
                    actual.norm2Number().doubleValue() / expected.norm2Number().doubleValue();
            assertThat(error(actual, expected.mul(factor)))
                    .as(block.plan().name())
                    .isLessThan(1e-8);
            assertThat(factor).isCloseTo(scale == 0 ? factor : scale, withPercentage(1e-6));
            scale = factor;
        }
    }

    private static INDArray changeOf(BoundBlock block, MultiLayerNetwork network, INDArray change) {
        var live = block.plan().slot().layer();
        long start = live.params().offset() - network.params().offset();
        INDArray own = change.reshape('c', new long[] {change.length()})
                .get(NDArrayIndex.interval(start, start + live.numParams()));
        return RecordedGroup.gathered(own, live, block.plan().group());
    }

    @Test
    void weightsThatDeeplearning4jMixesUpWithTheirBiasesGetTheFallbackUpdater() {
        DepthwiseConvolution2D layer =
                new DepthwiseConvolution2D.Builder(2, 3).depthMultiplier(2).build();
        ((BaseLayer) layer).setBiasUpdater(new Sgd(0.1));
        MultiLayerNetwork network = network(layer);
        assertThat(Sessions.find(network).blocks())
                .noneMatch(block -> block.plan().slot().name().equals("0"));
        TestNetworks.fit(network, TestNetworks.batch(normal(1, 6, 2, 4, 5), normal(2, 6, 2)));
        assertThat(network.params().sumNumber().doubleValue()).isFinite();
    }
}
