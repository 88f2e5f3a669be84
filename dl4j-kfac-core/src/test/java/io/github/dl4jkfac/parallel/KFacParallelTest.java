package io.github.dl4jkfac.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.FAdam;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.Structure;
import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.TestNetworks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** Workers on parts of a batch against one machine on the whole of it. */
class KFacParallelTest {

    private static final int ROUNDS = 20;

    static Stream<Arguments> updaters() {
        KFac.Builder empirical = KFac.builder()
                .curvature(Curvature.EMPIRICAL_FISHER)
                .statisticsInterval(2)
                .inverseInterval(4);
        return Stream.of(
                Arguments.of("automatic steps", empirical.build()),
                Arguments.of(
                        "steps by hand", empirical.klClip(0.01).momentum(0.5).build()),
                Arguments.of(
                        "automatic steps, chains of layers",
                        KFac.builder()
                                .curvature(Curvature.EMPIRICAL_FISHER)
                                .structure(Structure.BLOCK_TRIDIAGONAL)
                                .build()),
                Arguments.of(
                        "automatic steps, EKFac",
                        EKFac.builder().curvature(Curvature.EMPIRICAL_FISHER).build()),
                Arguments.of("AdaFisher", AdaFisher.builder().learningRate(1e-2).build()),
                Arguments.of("FAdam", FAdam.builder().learningRate(1e-2).build()),
                Arguments.of("Adam", new Adam(1e-2)),
                Arguments.of("Nesterovs", new Nesterovs(1e-2, 0.9)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("updaters")
    void workersTakeTheStepsOfOneMachine(String name, IUpdater updater) {
        // automatic steps take differences of forward passes, which magnify rounding
        double tolerance = name.startsWith("automatic") ? 1e-9 : 1e-12;
        Supplier<Model> networks = () -> dense(updater, DataType.DOUBLE);
        requireSameSteps(networks, rows(DataType.DOUBLE), 2, tolerance);
        requireSameSteps(networks, rows(DataType.DOUBLE), 3, tolerance);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void soTheyDoInFloat32(String name, IUpdater updater) {
        requireSameSteps(() -> dense(updater, DataType.FLOAT), rows(DataType.FLOAT), 2, 3e-5);
    }

    static Stream<Arguments> networks() {
        KFac updater = KFac.builder()
                .curvature(Curvature.EMPIRICAL_FISHER)
                .klClip(0.01)
                .build();
        return Stream.of(
                Arguments.of("graph", (Supplier<Model>) () -> graph(updater), rows(DataType.DOUBLE)),
                Arguments.of("frozen layer", (Supplier<Model>) () -> frozen(updater), rows(DataType.DOUBLE)),
                Arguments.of("convolution", (Supplier<Model>) () -> convolution(updater), images()),
                Arguments.of("masked sequences", (Supplier<Model>) () -> recurrent(updater), sequences()),
                Arguments.of("sums in place of means", (Supplier<Model>) () -> sums(updater), rows(DataType.DOUBLE)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void networksOfAllKindsTakeTheSameSteps(String name, Supplier<Model> networks, List<DataSet> batches) {
        requireSameSteps(networks, batches, 3, 1e-12);
    }

    private static Model graph(IUpdater updater) {
        ComputationGraph graph = new ComputationGraph(TestNetworks.settings(updater)
                .graphBuilder()
                .addInputs("in")
                .addLayer("left", TestNetworks.dense(6, 4, Activation.TANH).build(), "in")
                .addLayer("right", TestNetworks.dense(6, 3, Activation.SIGMOID).build(), "in")
                .addVertex("both", new MergeVertex(), "left", "right")
                .addLayer(
                        "out",
                        TestNetworks.output(7, 3, Activation.SOFTMAX, new LossMCXENT())
                                .build(),
                        "both")
                .setOutputs("out")
                .build());
        graph.init();
        TestNetworks.disturb(graph);
        return graph;
    }

    private static Model frozen(IUpdater updater) {
        return TestNetworks.sequence(
                TestNetworks.settings(updater),
                new FrozenLayer(TestNetworks.dense(6, 5, Activation.TANH).build()),
                TestNetworks.dense(5, 4, Activation.TANH).build(),
                TestNetworks.output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    private static Model convolution(IUpdater updater) {
        MultiLayerNetwork network = new MultiLayerNetwork(TestNetworks.settings(updater)
                .list(
                        new ConvolutionLayer.Builder(3, 3)
                                .nOut(4)
                                .activation(Activation.TANH)
                                .build(),
                        new OutputLayer.Builder(new LossMCXENT())
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build())
                .setInputType(InputType.convolutional(5, 5, 2))
                .build());
        network.init();
        TestNetworks.disturb(network);
        return network;
    }

    private static Model recurrent(IUpdater updater) {
        return TestNetworks.sequence(
                TestNetworks.settings(updater),
                new LSTM.Builder().nIn(2).nOut(4).activation(Activation.TANH).build(),
                new RnnOutputLayer.Builder(new LossMCXENT())
                        .nIn(4)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build());
    }

    private static Model sums(IUpdater updater) {
        return TestNetworks.sequence(
                TestNetworks.settings(updater).miniBatch(false).l2(1e-3),
                TestNetworks.dense(6, 5, Activation.TANH).build(),
                TestNetworks.output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    private static List<DataSet> images() {
        List<DataSet> batches = new ArrayList<>();
        for (int i = 0; i < 3 * ROUNDS; i++) {
            int size = 2 + i % 4;
            batches.add(new DataSet(TestNetworks.normal(1 + i, size, 2, 5, 5), TestNetworks.oneHot(size, 3)));
        }
        return batches;
    }

    /** Some batches have no step of any sequence left. */
    private static List<DataSet> sequences() {
        List<DataSet> batches = new ArrayList<>();
        for (int i = 0; i < 3 * ROUNDS; i++) {
            int size = 2 + i % 3;
            INDArray mask = i % 5 == 4
                    ? Nd4j.zeros(DataType.DOUBLE, size, 4)
                    : TestNetworks.normal(100 + i, size, 4).gt(-0.5).castTo(DataType.DOUBLE);
            INDArray labels = Nd4j.zeros(DataType.DOUBLE, size, 3, 4);
            for (int n = 0; n < size; n++) {
                for (int t = 0; t < 4; t++) {
                    labels.putScalar(n, (n + t) % 3, t, 1);
                }
            }
            batches.add(new DataSet(TestNetworks.normal(1 + i, size, 2, 4), labels, null, mask));
        }
        return batches;
    }

    @Test
    void severalBatchesOfAWorkerAreOnePart() {
        Supplier<Model> networks = () -> sums(KFac.builder()
                .curvature(Curvature.EMPIRICAL_FISHER)
                .klClip(0.01)
                .build());
        List<DataSet> batches = rows(DataType.DOUBLE).subList(0, 4 * 10 - 1);
        Model one = networks.get();
        KFacListener.attach(one);
        for (int first = 0; first < batches.size(); first += 4) {
            Fixtures.fit(one, DataSet.merge(batches.subList(first, Math.min(first + 4, batches.size()))));
        }
        Model leader = networks.get();
        try (KFacParallel parallel =
                KFacParallel.builder(leader).workers(2).batchesPerStep(2).build()) {
            parallel.fit(new ExistingDataSetIterator(batches), 1);
        }
        assertThat(largestDifference(leader.params(), one.params())).isLessThan(1e-12);
        assertThat(leader.score()).isCloseTo(one.score(), within(1e-9));
    }

    @Test
    void runningStatisticsAreMeansOverTheWorkers() {
        Supplier<Model> networks = () -> Fixtures.Kind.SPLIT_BLOCKS.create(new KFac(), DataType.DOUBLE);
        List<DataSet> round = rows(DataType.DOUBLE).subList(0, 2);
        Model leader = networks.get();
        fit(leader, round, 2);
        Model accumulated = networks.get();
        try (KFacParallel parallel =
                KFacParallel.builder(accumulated).workers(1).batchesPerStep(2).build()) {
            parallel.step(round);
        }
        INDArray expected = null;
        double samples = round.get(0).numExamples() + round.get(1).numExamples();
        for (DataSet part : round) {
            Model alone = networks.get();
            fit(alone, List.of(part), 1);
            INDArray share = running(alone).mul(part.numExamples() / samples);
            expected = expected == null ? share : expected.add(share);
        }
        assertThat(largestDifference(running(leader), expected)).isLessThan(1e-12);
        assertThat(largestDifference(running(accumulated), expected)).isLessThan(1e-12);
        assertThat(largestDifference(running(leader), running(networks.get()))).isGreaterThan(1e-3);
    }

    private static INDArray running(Model model) {
        return ((MultiLayerNetwork) model).getLayer(1).getParam("mean");
    }

    @Test
    void dropoutAndDrawnTargetsAreTheSameInEveryRun() {
        Supplier<Model> networks = () -> TestNetworks.sequence(
                TestNetworks.settings(new KFac()),
                TestNetworks.dense(6, 5, Activation.TANH).dropOut(0.7).build(),
                TestNetworks.output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build());
        Model first = networks.get();
        fit(first, rows(DataType.DOUBLE), 3);
        Model second = networks.get(); // begins with the configuration's seed, as the first one did
        fit(second, rows(DataType.DOUBLE), 3);
        assertThat(second.params()).isEqualTo(first.params());
    }

    @Test
    void aFailingWorkerFailsWithItsOwnErrorAndLeavesTheLeaderAsItWas() {
        Model leader = dense(new KFac(), DataType.DOUBLE);
        List<DataSet> batches = new ArrayList<>(rows(DataType.DOUBLE).subList(0, 4));
        fit(leader, batches.subList(0, 2), 2);
        INDArray before = leader.params().dup();
        batches.set(3, new DataSet(TestNetworks.normal(1, 4, 6), TestNetworks.oneHot(4, 2)));
        assertThatThrownBy(() -> fit(leader, batches.subList(2, 4), 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2");
        assertThat(leader.params()).isEqualTo(before);
    }

    @Test
    void aBatchThatIsNotFiniteIsLeftOut() {
        Model leader = dense(new KFac(), DataType.DOUBLE);
        List<DataSet> batches = rows(DataType.DOUBLE).subList(0, 4);
        fit(leader, batches.subList(0, 2), 2);
        INDArray before = leader.params().dup();
        batches.get(3).getFeatures().putScalar(0, 0, Double.NaN);
        fit(leader, batches.subList(2, 4), 2);
        assertThat(leader.params()).isEqualTo(before);
        assertThat(KFacListener.attach(leader).report(leader).skipped()).containsKey(SkipReason.DATA_NOT_FINITE);
    }

    @Test
    void methodsThatNeedTheRowsOfTheirBatchAreRefusedByName() {
        Model leader = dense(new ExactFisher(), DataType.DOUBLE);
        assertThatThrownBy(() -> fit(leader, rows(DataType.DOUBLE), 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ExactFisher")
                .hasMessageContaining("rows");
    }

    @Test
    void whatTakesTooLongIsGivenUp() {
        Model leader = dense(new KFac(), DataType.DOUBLE);
        try (KFacParallel parallel = KFacParallel.builder(leader)
                .workers(2)
                .timeout(Duration.ofNanos(1))
                .build()) {
            assertThatThrownBy(() -> parallel.fit(new ExistingDataSetIterator(rows(DataType.DOUBLE)), 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("timeout");
        }
    }

    static Stream<Arguments> soTheyDoInFloat32() {
        return updaters().limit(2);
    }

    private static MultiLayerNetwork dense(IUpdater updater, DataType type) {
        NeuralNetConfiguration.Builder settings = TestNetworks.settings(updater)
                .dataType(type)
                .l2(1e-3)
                .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                .gradientNormalizationThreshold(0.05);
        return TestNetworks.sequence(
                settings,
                TestNetworks.dense(6, 5, Activation.TANH).build(),
                TestNetworks.dense(5, 4, Activation.TANH).build(),
                TestNetworks.output(4, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    /** Unequal batches, and not as many as would fill the last round. */
    private static List<DataSet> rows(DataType type) {
        List<DataSet> batches = new ArrayList<>();
        int[] sizes = {9, 4, 12, 7, 1};
        for (int i = 0; i < 3 * ROUNDS; i++) {
            int size = sizes[i % sizes.length];
            batches.add(new DataSet(
                    TestNetworks.normal(1 + i, size, 6).castTo(type),
                    TestNetworks.oneHot(size, 3).castTo(type)));
        }
        return batches;
    }

    private static void requireSameSteps(
            Supplier<Model> networks, List<DataSet> batches, int workers, double tolerance) {
        List<DataSet> some = batches.subList(0, workers * ROUNDS - 1);
        Model one = networks.get();
        if (KFacListener.isNeededBy(one)) {
            KFacListener.attach(one);
        }
        for (int first = 0; first < some.size(); first += workers) {
            List<DataSet> round = some.subList(first, Math.min(first + workers, some.size()));
            Fixtures.fit(one, DataSet.merge(round));
        }
        Model leader = networks.get();
        fit(leader, some, workers);
        assertThat(largestDifference(leader.params(), one.params())).isLessThan(tolerance);
        Model again = networks.get();
        fit(again, some, workers);
        assertThat(again.params()).isEqualTo(leader.params());
        assertThat(largestDifference(leader.params(), networks.get().params())).isGreaterThan(1e-2);
    }

    private static void fit(Model leader, List<DataSet> batches, int workers) {
        try (KFacParallel parallel =
                KFacParallel.builder(leader).workers(workers).build()) {
            parallel.fit(new ExistingDataSetIterator(batches), 1);
        }
    }

    private static double largestDifference(INDArray one, INDArray other) {
        return one.sub(other).amaxNumber().doubleValue();
    }
}
