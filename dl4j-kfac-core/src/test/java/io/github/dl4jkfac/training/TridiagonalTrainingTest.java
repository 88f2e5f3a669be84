package io.github.dl4jkfac.training;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.Structure;
import io.github.dl4jkfac.curvature.chain.TridiagonalMath;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.Fixtures.Kind;
import io.github.dl4jkfac.testing.LogCapture;
import io.github.dl4jkfac.testing.Recorder;
import io.github.dl4jkfac.testing.TestNetworks;
import java.io.File;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.ops.transforms.Transforms;

/** {@code structure(BLOCK_TRIDIAGONAL)} in real training: which layers make chains, and what their steps are. */
@Tag("training")
class TridiagonalTrainingTest {

    private static final double DAMPING = 0.02;
    private static final double RATE = 0.3;
    private static final double BIAS_RATE = 0.04;

    @TempDir
    File folder;

    /** Builds the same network with one updater or another. */
    private interface Builder {
        Model build(NeuralNetConfiguration.Builder settings, IUpdater biases);
    }

    /**
     * @param chains names of layers that make a chain; of one that stands alone as well
     * @param l2 coefficient of all weights
     */
    private record Case(String name, Builder network, List<List<String>> chains, double l2) {

        Model build(IUpdater updater, IUpdater biases) {
            return network.build(settings(updater).l2(l2), biases);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        List<List<String>> all = List.of(List.of("0", "1", "2"));
        return Stream.of(
                new Case("stack", TridiagonalTrainingTest::stack, all, 0),
                new Case("stack with L2", TridiagonalTrainingTest::stack, all, 0.05),
                new Case(
                        "activation between",
                        TridiagonalTrainingTest::withActivation,
                        List.of(List.of("0", "2"), List.of("3", "4")),
                        0),
                new Case(
                        "biases apart",
                        TridiagonalTrainingTest::withBiasesApart,
                        List.of(List.of("0", "1"), List.of("2"), List.of("3", "4")),
                        0),
                new Case(
                        "two chains in a graph",
                        TridiagonalTrainingTest::graph,
                        List.of(List.of("a1", "a2"), List.of("b1", "b2"), List.of("classes"), List.of("values")),
                        0));
    }

    private static Model stack(NeuralNetConfiguration.Builder settings, IUpdater biases) {
        return sequence(
                settings,
                dense(4, 5, Activation.TANH).build(),
                dense(5, 3, Activation.SOFTPLUS).hasBias(false).build(),
                output(3, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    /** The third dense layer has a learning rate of its own, and with it the output layer. */
    private static Model withActivation(NeuralNetConfiguration.Builder settings, IUpdater biases) {
        DenseLayer.Builder third = dense(3, 4, Activation.TANH);
        OutputLayer.Builder last = output(4, 3, Activation.SOFTMAX, new LossMCXENT());
        if (biases instanceof KFac) {
            third.updater(tridiagonal(0.5 * RATE));
            last.updater(tridiagonal(0.5 * RATE));
        }
        return sequence(
                settings,
                dense(4, 5, Activation.IDENTITY).build(),
                new ActivationLayer.Builder().activation(Activation.SIGMOID).build(),
                dense(5, 3, Activation.TANH).build(),
                third.build(),
                last.build());
    }

    private static Model withBiasesApart(NeuralNetConfiguration.Builder settings, IUpdater biases) {
        return sequence(
                settings,
                dense(4, 4, Activation.TANH).build(),
                dense(4, 3, Activation.TANH).build(),
                dense(3, 4, Activation.TANH).biasUpdater(new Sgd(BIAS_RATE)).build(),
                dense(4, 3, Activation.TANH).build(),
                output(3, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    /** Two branches whose ends are both taken in by both outputs. */
    private static Model graph(NeuralNetConfiguration.Builder settings, IUpdater biases) {
        ComputationGraph graph = new ComputationGraph(settings.graphBuilder()
                .addInputs("x")
                .addLayer("a1", dense(4, 3, Activation.TANH).build(), "x")
                .addLayer("b1", dense(4, 2, Activation.TANH).build(), "x")
                .addLayer("a2", dense(3, 3, Activation.TANH).build(), "a1")
                .addLayer("b2", dense(2, 2, Activation.SIGMOID).build(), "b1")
                .addLayer(
                        "classes",
                        output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build(),
                        "a2",
                        "b2")
                .addLayer(
                        "values",
                        output(5, 2, Activation.IDENTITY, new LossMSE()).build(),
                        "a2",
                        "b2")
                .setOutputs("classes", "values")
                .build());
        graph.init();
        TestNetworks.disturb(graph);
        return graph;
    }

    private static MultiDataSet data(Model model) {
        INDArray x = normal(1, 20, 4);
        return model instanceof ComputationGraph
                ? new MultiDataSet(new INDArray[] {x}, new INDArray[] {oneHot(20, 3), normal(2, 20, 2)})
                : batch(x, oneHot(20, 3));
    }

    private static KFac tridiagonal(double rate) {
        return KFac.builder()
                .structure(Structure.BLOCK_TRIDIAGONAL)
                .curvature(Curvature.EMPIRICAL_FISHER)
                .damping(DAMPING)
                .learningRate(rate)
                .momentum(0)
                .withoutKlClip()
                .build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void theFirstStepIsThatOfAPlainComputation(Case c) {
        Model model = c.build(tridiagonal(RATE), tridiagonal(RATE));
        Model twin = c.build(new Sgd(1), new Sgd(1));
        MultiDataSet data = data(model);
        Recorder.Recorded recorded = Recorder.record(twin, data);
        KFacListener.attach(model);
        fit(model, data);
        for (List<String> chain : c.chains) {
            INDArray step = step(twin, recorded, chain, c.l2);
            long start = 0;
            for (String layer : chain) {
                INDArray before = TestNetworks.weights(twin, layer);
                INDArray after = TestNetworks.weights(model, layer);
                if (hasBiasesApart(model, layer)) {
                    long weights = before.size(0) - 1;
                    INDArray bias = recorded.gradients().get(layer).getRow(weights, true);
                    assertThat(error(before.sub(after).getRow(weights, true), bias.mul(BIAS_RATE / 20)))
                            .isLessThan(1e-10);
                    before = rows(before, 0, weights);
                    after = rows(after, 0, weights);
                }
                INDArray u = step.get(NDArrayIndex.all(), NDArrayIndex.interval(start, start + before.length()))
                        .dup('c')
                        .reshape('c', before.shape());
                assertThat(error(before.sub(after), u.mul(rate(model, layer))))
                        .as(layer)
                        .isLessThan(1e-8);
                start += before.length();
            }
        }
    }

    private static boolean hasBiasesApart(Model model, String layer) {
        return ((BaseLayer) TestNetworks.layer(model, layer).conf().getLayer()).getBiasUpdater() instanceof Sgd;
    }

    private static double rate(Model model, String layer) {
        return ((BaseLayer) TestNetworks.layer(model, layer).conf().getLayer())
                .getIUpdater()
                .getLearningRate(0, 0);
    }

    /** Fhat^-1 V over the row-major vectors of a chain's layers. */
    private static INDArray step(Model twin, Recorder.Recorded recorded, List<String> chain, double l2) {
        List<INDArray> inputs = chain.stream()
                .map(layer -> abar(twin, layer, recorded.rows().get(layer)))
                .toList();
        List<INDArray> derivatives = chain.stream()
                .map(layer -> recorded.rows().get(layer).derivatives())
                .toList();
        List<Double> damping = chain.stream().map(layer -> DAMPING + l2).toList();
        INDArray v = Nd4j.hstack(chain.stream()
                .map(layer -> vec(gradient(twin, recorded, layer, l2)))
                .toArray(INDArray[]::new));
        INDArray inverse = TridiagonalMath.ofRows(inputs, derivatives, damping).inverseCurvature();
        return inverse.mmul(v.transpose()).transpose();
    }

    private static boolean hasBias(Model twin, String layer) {
        return TestNetworks.layer(twin, layer).getParam("b") != null && !hasBiasesApart(twin, layer);
    }

    private static INDArray abar(Model twin, String layer, OuterProductRows rows) {
        INDArray inputs = Recorder.inputs(rows);
        return hasBias(twin, layer) ? homogeneous(inputs) : inputs;
    }

    /** The mean gradient of loss and L2, which acts on weights only. */
    private static INDArray gradient(Model twin, Recorder.Recorded recorded, String layer, double l2) {
        INDArray v = recorded.gradients().get(layer).div(20);
        INDArray w = TestNetworks.layer(twin, layer).getParam("W");
        rows(v, 0, w.size(0)).addi(w.mul(l2));
        return hasBias(twin, layer) || v.size(0) == w.size(0) ? v : rows(v, 0, w.size(0));
    }

    private static KFac.Builder cycling() {
        return Fixtures.kfac().structure(Structure.BLOCK_TRIDIAGONAL);
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = "WITH_FALLBACK", mode = EnumSource.Mode.EXCLUDE) // it has no chain
    void resumedTrainingIsBitEqual(Kind kind) throws Exception {
        for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
            List<DataSet> batches = Fixtures.batches(type, 13);
            Model uninterrupted = kind.create(cycling().build(), type);
            KFacListener.attach(uninterrupted);
            Fixtures.fit(uninterrupted, batches.subList(0, 5));
            Model restored = Fixtures.throughFile(uninterrupted, new File(folder, kind + "" + type));
            Model cloned = Fixtures.copy(uninterrupted);
            Fixtures.fit(uninterrupted, batches.subList(5, 13));
            for (Model resumed : List.of(restored, cloned)) {
                assertThat(KFacListener.attach(resumed).report(resumed).steps()).isEqualTo(5);
                Fixtures.fit(resumed, batches.subList(5, 13));
                Fixtures.assertSameTraining(resumed, uninterrupted);
            }
        }
    }

    @Test
    void aSwappedUpdaterMakesChains() {
        MultiLayerNetwork network = Fixtures.mlp(new Sgd(0.1), DataType.DOUBLE);
        KFacListener.swapUpdater(network, cycling().build());
        MultiLayerNetwork fresh = Fixtures.mlp(cycling().build(), DataType.DOUBLE);
        KFacListener.attach(fresh);
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 5);
        Fixtures.fit(network, batches);
        Fixtures.fit(fresh, batches);
        Fixtures.assertSameTraining(network, fresh);
        assertThat(kinds(network)).containsOnly("BlockTridiagonal");
    }

    @Test
    void structureChangesTheStep() {
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 5);
        Model diagonal = Kind.SEQUENTIAL.create(Fixtures.kfac().build(), DataType.DOUBLE);
        Model tridiagonal = Kind.SEQUENTIAL.create(cycling().build(), DataType.DOUBLE);
        for (Model each : List.of(diagonal, tridiagonal)) {
            KFacListener.attach(each);
            Fixtures.fit(each, batches);
        }
        assertThat(Fixtures.distance(tridiagonal.params(), diagonal.params())).isGreaterThan(1e-3);
    }

    /** A learning rate that is changed for one layer ends its membership: the others go on with chains of their own. */
    @Test
    void layersWithOtherSettingsLeaveTheChain() {
        MultiLayerNetwork network = Fixtures.mlp(cycling().build(), DataType.DOUBLE);
        KFacListener listener = KFacListener.attach(network);
        List<DataSet> batches = Fixtures.batches(DataType.DOUBLE, 3);
        Fixtures.fit(network, batches);
        network.setLearningRate(0, 0.01);
        Fixtures.fit(network, batches);
        assertThat(kinds(network)).containsExactly("Kronecker", "BlockTridiagonal", "BlockTridiagonal");
        network.setLearningRate(0.02);
        Fixtures.fit(network, batches);
        assertThat(kinds(network)).containsOnly("BlockTridiagonal");
        network.setLearningRate(0.03);
        Fixtures.fit(network, batches);
        assertThat(listener.report(network).steps())
                .as("all together keep their state")
                .isEqualTo(6);
    }

    private static List<String> kinds(Model model) {
        return Sessions.find(model).blocks().stream()
                .map(block -> block.kind().name())
                .toList();
    }

    @Test
    void layersTooLargeForAKroneckerBlockStayOut() {
        MultiLayerNetwork network = Fixtures.mlp(cycling().maxFactorDimension(6).build(), DataType.DOUBLE);
        KFacListener.attach(network); // the first has 6 inputs and a bias
        assertThat(kinds(network)).containsExactly("DoublyFactored", "BlockTridiagonal", "BlockTridiagonal");
    }

    @Test
    void attachingTellsOfChains() {
        try (LogCapture log = new LogCapture()) {
            KFacListener.attach(Kind.SEQUENTIAL.create(cycling().build(), DataType.DOUBLE));
            assertThat(log.infos()).singleElement().asString().contains("BlockTridiagonal");
            assertThat(log.warnings()).isEmpty();
        }
    }

    @Test
    void attachingTellsOnceWhereThereAreNone() {
        try (LogCapture log = new LogCapture()) {
            Model model = Kind.WITH_FALLBACK.create(cycling().build(), DataType.DOUBLE);
            KFacListener.attach(model);
            KFacListener.attach(model);
            assertThat(log.warnings()).singleElement().asString().contains("BLOCK_TRIDIAGONAL");
            assertThat(log.infos()).singleElement().asString().contains("Kronecker");
            Fixtures.fit(model, Fixtures.batches(DataType.DOUBLE, 3));
            assertThat(log.warnings()).hasSize(1);
        }
    }

    @Test
    void jsonKeepsTheStructure() {
        MultiLayerNetwork network = Fixtures.mlp(cycling().build(), DataType.DOUBLE);
        String json = network.getLayerWiseConfigurations().toJson();
        assertThat(json).contains("BLOCK_TRIDIAGONAL");
        KFac read = (KFac) ((BaseLayer) org.deeplearning4j.nn.conf.MultiLayerConfiguration.fromJson(json)
                        .getConf(0)
                        .getLayer())
                .getIUpdater();
        assertThat(read.structure()).isEqualTo(Structure.BLOCK_TRIDIAGONAL);
        assertThat(new KFac().structure()).isEqualTo(Structure.BLOCK_DIAGONAL);
    }

    /** With the defaults of all other options. */
    @ParameterizedTest
    @EnumSource(Curvature.class)
    void anAutoencoderLearns(Curvature curvature) {
        KFac updater = KFac.builder()
                .structure(Structure.BLOCK_TRIDIAGONAL)
                .curvature(curvature)
                .build();
        MultiLayerNetwork network = new MultiLayerNetwork(settings(updater)
                .dataType(DataType.FLOAT)
                .list(
                        dense(16, 12, Activation.TANH).build(),
                        dense(12, 3, Activation.IDENTITY).build(),
                        dense(3, 12, Activation.TANH).build(),
                        output(12, 16, Activation.IDENTITY, new LossMSE()).build())
                .build());
        network.init();
        INDArray images = Transforms.tanh(normal(1, 128, 3).mmul(normal(2, 3, 8)))
                .mmul(normal(3, 8, 16))
                .castTo(DataType.FLOAT);
        assertLearns(network, new DataSet(images, images));
    }

    @Test
    void aConvolutionalNetworkLearns() {
        MultiLayerNetwork network = new MultiLayerNetwork(
                settings(KFac.builder().structure(Structure.BLOCK_TRIDIAGONAL).build())
                        .dataType(DataType.FLOAT)
                        .list()
                        .layer(new ConvolutionLayer.Builder(3, 3)
                                .nOut(4)
                                .activation(Activation.TANH)
                                .build())
                        .layer(new DenseLayer.Builder()
                                .nOut(10)
                                .activation(Activation.TANH)
                                .build())
                        .layer(new OutputLayer.Builder(new LossMCXENT())
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build())
                        .setInputType(InputType.convolutional(6, 6, 1))
                        .build());
        network.init();
        INDArray images = normal(1, 60, 1, 6, 6).castTo(DataType.FLOAT);
        INDArray classes = oneHot(60, 3).castTo(DataType.FLOAT);
        for (int n = 0; n < 60; n++) { // a bright row for each class
            images.get(
                            NDArrayIndex.point(n),
                            NDArrayIndex.point(0),
                            NDArrayIndex.point(2 * (n % 3)),
                            NDArrayIndex.all())
                    .addi(1);
        }
        assertLearns(network, new DataSet(images, classes));
        assertThat(kinds(network)).containsExactly("Kronecker", "BlockTridiagonal", "BlockTridiagonal");
    }

    /** One row for each time step; whether it counts is told by the features' mask. */
    @Test
    void denseLayersOverTimeStepsLearn() {
        MultiLayerNetwork network = new MultiLayerNetwork(
                settings(KFac.builder().structure(Structure.BLOCK_TRIDIAGONAL).build())
                        .dataType(DataType.FLOAT)
                        .list()
                        .layer(new SimpleRnn.Builder().nIn(3).nOut(6).build())
                        .layer(dense(6, 8, Activation.TANH).build())
                        .layer(dense(8, 6, Activation.TANH).build())
                        .layer(new RnnOutputLayer.Builder(new LossMCXENT())
                                .nIn(6)
                                .nOut(2)
                                .activation(Activation.SOFTMAX)
                                .build())
                        .setInputType(InputType.recurrent(3))
                        .build());
        network.init();
        INDArray x = normal(1, 24, 3, 5).castTo(DataType.FLOAT);
        INDArray y = Nd4j.zeros(DataType.FLOAT, 24, 2, 5);
        INDArray mask = Nd4j.ones(DataType.FLOAT, 24, 5);
        for (int n = 0; n < 24; n++) {
            for (int t = 0; t < 5; t++) {
                y.putScalar(new int[] {n, x.getDouble(n, 0, t) > 0 ? 1 : 0, t}, 1);
                mask.putScalar(n, t, t < 5 - n % 3 ? 1 : 0);
            }
        }
        assertLearns(network, new DataSet(x, y, mask, mask));
        assertThat(kinds(network)).containsExactly("Kronecker", "BlockTridiagonal", "BlockTridiagonal", "Kronecker");
    }

    private static void assertLearns(MultiLayerNetwork network, DataSet data) {
        double before = network.score(data);
        KFacListener listener = KFacListener.attach(network);
        try (LogCapture log = new LogCapture()) {
            for (int k = 0; k < 25; k++) {
                network.fit(data);
                assertThat(Fixtures.isFinite(network.params())).isTrue();
            }
            assertThat(log.warnings()).isEmpty();
        }
        assertThat(listener.report(network).skippedBatches()).isZero();
        assertThat(network.score(data)).isLessThan(0.5 * before);
    }
}
