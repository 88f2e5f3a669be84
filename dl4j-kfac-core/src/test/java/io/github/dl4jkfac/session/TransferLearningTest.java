package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.state.StateLayout;
import io.github.dl4jkfac.testing.Fixtures;
import java.io.File;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;

/** Networks made from trained ones: layers replaced, resized or frozen. */
class TransferLearningTest {

    private static final DataType TYPE = DataType.DOUBLE;

    @TempDir
    File folder;

    static Stream<Arguments> surgeries() {
        FineTuneConfiguration unchanged = new FineTuneConfiguration.Builder().build();
        Function<MultiLayerNetwork, MultiLayerNetwork> replacedOutput = net -> new TransferLearning.Builder(net)
                .fineTuneConfiguration(unchanged)
                .removeOutputLayer()
                .addLayer(new DenseLayer.Builder()
                        .nIn(4)
                        .nOut(7)
                        .updater(Fixtures.kfac().build())
                        .build())
                .addLayer(new org.deeplearning4j.nn.conf.layers.OutputLayer.Builder()
                        .nIn(7)
                        .nOut(Fixtures.CLASSES)
                        .activation(org.nd4j.linalg.activations.Activation.SOFTMAX)
                        .updater(Fixtures.kfac().build())
                        .build())
                .build();
        Function<MultiLayerNetwork, MultiLayerNetwork> frozen =
                net -> new TransferLearning.Builder(net).setFeatureExtractor(0).build();
        Function<MultiLayerNetwork, MultiLayerNetwork> resized = net -> new TransferLearning.Builder(net)
                .nOutReplace(1, 9, WeightInit.XAVIER)
                .build();
        Function<MultiLayerNetwork, MultiLayerNetwork> all = net -> new TransferLearning.Builder(net)
                .fineTuneConfiguration(new FineTuneConfiguration.Builder()
                        .updater(Fixtures.kfac().learningRate(0.05).build())
                        .build())
                .setFeatureExtractor(0)
                .nOutReplace(1, 9, WeightInit.XAVIER)
                .build();
        return Stream.of(
                Arguments.of("replaced output", replacedOutput),
                Arguments.of("frozen features", frozen),
                Arguments.of("resized layer", resized),
                Arguments.of("fine-tuned, frozen and resized", all));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("surgeries")
    void trainsAndResumesBitEqual(String name, Function<MultiLayerNetwork, MultiLayerNetwork> surgery)
            throws Exception {
        List<DataSet> batches = Fixtures.batches(TYPE, 16);
        MultiLayerNetwork source = Fixtures.mlp(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(source);
        Fixtures.fit(source, batches.subList(0, 5));
        INDArray sourceParams = Fixtures.params(source);

        MultiLayerNetwork net = surgery.apply(source);
        KFacListener listener = KFacListener.attach(net);
        assertThat(listener.report(net).steps()).isZero();
        requireLayoutsToMatch(net);
        INDArray before = Fixtures.params(net);
        double scoreBefore = total(net, batches);
        Fixtures.fit(net, batches.subList(0, 5));
        assertThat(Fixtures.sameBits(net.params(), before)).isFalse();
        MultiLayerNetwork resumed = (MultiLayerNetwork) Fixtures.throughFile(net, new File(folder, "transfer.zip"));
        KFacListener.attach(resumed);
        Fixtures.fit(net, batches.subList(5, 16));
        Fixtures.fit(resumed, batches.subList(5, 16));
        Fixtures.assertSameTraining(resumed, net);
        assertThat(total(net, batches)).isLessThan(scoreBefore);
        assertThat(Fixtures.sameBits(source.params(), sourceParams)).isTrue();
    }

    private static double total(MultiLayerNetwork net, List<DataSet> batches) {
        return batches.stream().mapToDouble(net::score).sum();
    }

    private static void requireLayoutsToMatch(MultiLayerNetwork net) {
        for (BoundBlock block : Sessions.find(net).blocks()) {
            StateLayout layout = block.worker().layout();
            assertThat(layout.blocks().get(0).inputDimension())
                    .isEqualTo(block.shape().inputDimension());
            assertThat(layout.blocks().get(0).outputs()).isEqualTo(block.shape().outputs());
        }
    }

    @Test
    void frozenFeaturesStayWhileTheRestTrains() {
        MultiLayerNetwork net = new TransferLearning.Builder(
                        Fixtures.mlp(Fixtures.kfac().build(), TYPE))
                .setFeatureExtractor(0)
                .build();
        KFacListener.attach(net);
        requireFrozenFirstLayer(net, 0, 1);
        assertThat(net.getLayer(0)).isInstanceOf(org.deeplearning4j.nn.layers.FrozenLayer.class);
    }

    @Test
    void frozenLayersWithBackpropStayWhileTheLayersBelowTrain() {
        MultiLayerNetwork net = Fixtures.started(Fixtures.base(Fixtures.kfac().build(), TYPE)
                .list()
                .layer(Fixtures.dense(Fixtures.FEATURES, 5))
                .layer(new FrozenLayerWithBackprop(Fixtures.dense(5, 4)))
                .layer(Fixtures.output(4))
                .build());
        KFacListener.attach(net);
        requireFrozenFirstLayer(net, 1, 0);
    }

    private static void requireFrozenFirstLayer(MultiLayerNetwork net, int frozen, int trained) {
        List<DataSet> batches = Fixtures.batches(TYPE, 8);
        INDArray frozenBefore = net.getLayer(frozen).params().dup();
        INDArray trainedBefore = net.getLayer(trained).params().dup();
        double before = total(net, batches);
        assertThat(Sessions.find(net).blocks())
                .noneMatch(block -> block.plan().slot().name().equals(Integer.toString(frozen)));
        Fixtures.fit(net, batches);
        assertThat(Fixtures.sameBits(net.getLayer(frozen).params(), frozenBefore))
                .isTrue();
        assertThat(Fixtures.sameBits(net.getLayer(trained).params(), trainedBefore))
                .isFalse();
        assertThat(total(net, batches)).isLessThan(before);
    }

    @Test
    void swapsTheUpdaterOfAPartlyFrozenNetwork() {
        MultiLayerNetwork net = new TransferLearning.Builder(Fixtures.mlp(new Adam(1e-2), TYPE))
                .setFeatureExtractor(0)
                .build();
        Fixtures.fit(net, Fixtures.batches(TYPE, 2));
        KFacListener.swapUpdater(net, Fixtures.kfac().build());
        requireFrozenFirstLayer(net, 0, 1);
    }

    @Test
    void graphWithFrozenVertexTrainsAndResumes() throws Exception {
        List<DataSet> batches = Fixtures.batches(TYPE, 12);
        ComputationGraph source = Fixtures.graph(Fixtures.kfac().build(), TYPE);
        KFacListener.attach(source);
        Fixtures.fit(source, batches.subList(0, 3));
        ComputationGraph graph = new TransferLearning.GraphBuilder(source)
                .setFeatureExtractor("left")
                .nOutReplace("joined", 8, WeightInit.XAVIER)
                .build();
        KFacListener.attach(graph);
        INDArray left = graph.getLayer("left").params().dup();
        Fixtures.fit(graph, batches.subList(0, 5));
        Model resumed = Fixtures.throughFile(graph, new File(folder, "graph.zip"));
        KFacListener.attach(resumed);
        Fixtures.fit(graph, batches.subList(5, 12));
        Fixtures.fit(resumed, batches.subList(5, 12));
        Fixtures.assertSameTraining(resumed, graph);
        assertThat(Fixtures.sameBits(graph.getLayer("left").params(), left)).isTrue();
    }
}
