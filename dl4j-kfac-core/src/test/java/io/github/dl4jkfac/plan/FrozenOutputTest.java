package io.github.dl4jkfac.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.LogCapture;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/** An output layer that is frozen with back-propagation: the network is trained below it as if its updater had the rate 0. */
class FrozenOutputTest {

    @ParameterizedTest
    @EnumSource(Curvature.class)
    void theCurvatureBelowIsTheOneAskedFor(Curvature curvature) {
        MultiLayerNetwork frozen = network(true, curvature);
        MultiLayerNetwork still = network(false, curvature);
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(frozen);
            assertThat(log.warnings()).isEmpty();
        }
        KFacListener.attach(still);
        for (DataSet batch : Fixtures.batches(DataType.DOUBLE, 8)) {
            frozen.fit(batch);
            still.fit(batch);
        }
        assertThat(Fixtures.distance(
                        frozen.getLayer(0).params(), still.getLayer(0).params()))
                .isLessThan(1e-10);
        assertThat(frozen.getLayer(2).params())
                .isEqualTo(network(true, curvature).getLayer(2).params());
    }

    @ParameterizedTest
    @EnumSource(Curvature.class)
    void aGraphTrainsAsASequence(Curvature curvature) {
        MultiLayerNetwork sequence = network(true, curvature);
        ComputationGraph graph = network(true, curvature).toComputationGraph();
        KFacListener.attach(sequence);
        KFacListener.attach(graph);
        for (DataSet batch : Fixtures.batches(DataType.DOUBLE, 4)) {
            sequence.fit(batch);
            graph.fit(batch);
        }
        assertThat(Fixtures.distance(graph.params(), sequence.params())).isLessThan(1e-10);
    }

    private static MultiLayerNetwork network(boolean frozen, Curvature curvature) {
        ListBuilder list = Fixtures.base(
                        Fixtures.kfac().curvature(curvature).momentum(0).build(), DataType.DOUBLE)
                .list()
                .layer(Fixtures.dense(Fixtures.FEATURES, 5));
        list.layer(kept(new DenseLayer.Builder().nIn(5).nOut(4), frozen));
        list.layer(kept(
                new OutputLayer.Builder().nIn(4).nOut(3).activation(org.nd4j.linalg.activations.Activation.SOFTMAX),
                frozen));
        return Fixtures.started(list.build());
    }

    private static Layer kept(FeedForwardLayer.Builder<?> layer, boolean frozen) {
        return frozen
                ? new FrozenLayerWithBackprop(layer.build())
                : layer.updater(new Sgd(0)).biasUpdater(new Sgd(0)).build();
    }
}
