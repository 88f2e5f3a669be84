package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.testing.Fixtures;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Networks that no updater of this library can train: attach says why, and how to go on, and leaves them as they are. */
class RefusedNetworksTest {

    private static final List<NaturalGradientUpdater> UPDATERS =
            List.of(new KFac(), new EKFac(), new ExactFisher(), new AdaFisher(), new AdaFisherW(), new FAdam());

    /** Of BFLOAT16 Deeplearning4j itself makes no networks. */
    @Test
    void halfPrecisionIsRefusedWithReasonAndRemedy() {
        DataType type = DataType.HALF;
        for (NaturalGradientUpdater updater : UPDATERS) {
            MultiLayerNetwork net = new MultiLayerNetwork(layers(updater, type).build());
            net.init();
            String before = net.getLayerWiseConfigurations().toJson();
            assertThatThrownBy(() -> KFacListener.attach(net))
                    .as(updater.name())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("got " + type)
                    .hasMessageContaining("too coarse")
                    .hasMessageContaining("convertDataType(DataType.FLOAT)");
            assertThat(net.getListeners()).isEmpty();
            assertThat(net.getLayerWiseConfigurations().toJson()).isEqualTo(before);
        }
    }

    @Test
    void swapUpdaterRefusesHalfPrecisionBeforeAnyChange() {
        DataType type = DataType.HALF;
        MultiLayerNetwork net = new MultiLayerNetwork(layers(new Adam(), type).build());
        net.init();
        String before = net.getLayerWiseConfigurations().toJson();
        assertThatThrownBy(() -> KFacListener.swapUpdater(net, new KFac())).hasMessageContaining("got " + type);
        assertThat(net.getLayerWiseConfigurations().toJson()).isEqualTo(before);
    }

    @Test
    void theRemedyForHalfPrecisionWorks() {
        MultiLayerNetwork half =
                new MultiLayerNetwork(layers(new KFac(), DataType.HALF).build());
        half.init();
        MultiLayerNetwork net = half.convertDataType(DataType.FLOAT);
        KFacListener listener = KFacListener.attach(net);
        net.fit(new DataSet(Nd4j.rand(DataType.FLOAT, 5, 4), Nd4j.rand(DataType.FLOAT, 5, 2)));
        assertThat(listener.report(net).steps()).isEqualTo(1);
    }

    @Test
    void aSequenceOfLayersWithoutALossIsRefused() {
        MultiLayerNetwork net = new MultiLayerNetwork(Fixtures.base(new KFac(), DataType.FLOAT)
                .list()
                .layer(Fixtures.dense(4, 3))
                .layer(Fixtures.dense(3, 2))
                .build());
        net.init();
        assertThatThrownBy(() -> KFacListener.attach(net))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("output '1' has no loss")
                .hasMessageContaining("OutputLayer");
        assertThat(net.getListeners()).isEmpty();
    }

    @Test
    void aGraphOneOfWhoseOutputsHasNoLossIsRefused() {
        ComputationGraph graph = new ComputationGraph(Fixtures.base(new FAdam(), DataType.FLOAT)
                .graphBuilder()
                .addInputs("x")
                .addLayer("hidden", Fixtures.dense(4, 3), "x")
                .addLayer("features", Fixtures.dense(3, 2), "hidden")
                .addLayer("classes", Fixtures.output(3), "hidden")
                .setOutputs("classes", "features")
                .build());
        graph.init();
        assertThatThrownBy(() -> KFacListener.attach(graph))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("output 'features' has no loss");
    }

    @Test
    void aWrappedOutputLayerHasALoss() {
        MultiLayerNetwork net = new MultiLayerNetwork(Fixtures.base(new KFac(), DataType.FLOAT)
                .list()
                .layer(Fixtures.dense(4, 3))
                .layer(new FrozenLayerWithBackprop(Fixtures.output(3)))
                .build());
        net.init();
        KFacListener.attach(net);
    }

    private static NeuralNetConfiguration.ListBuilder layers(
            org.nd4j.linalg.learning.config.IUpdater updater, DataType type) {
        return Fixtures.base(updater, type)
                .list()
                .layer(Fixtures.dense(4, 3))
                .layer(new OutputLayer.Builder(LossFunction.MSE)
                        .nIn(3)
                        .nOut(2)
                        .activation(Activation.IDENTITY)
                        .build());
    }
}
