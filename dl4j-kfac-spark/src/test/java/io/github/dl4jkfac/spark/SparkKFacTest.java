package io.github.dl4jkfac.spark;

import static io.github.dl4jkfac.spark.TestTraining.ROUNDS;
import static io.github.dl4jkfac.spark.TestTraining.WORKERS;
import static io.github.dl4jkfac.spark.TestTraining.batches;
import static io.github.dl4jkfac.spark.TestTraining.data;
import static io.github.dl4jkfac.spark.TestTraining.inThreads;
import static io.github.dl4jkfac.spark.TestTraining.network;
import static io.github.dl4jkfac.spark.TestTraining.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.FAdam;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.Structure;
import io.github.dl4jkfac.parallel.KFacParallel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.core.storage.Persistable;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.listeners.CollectScoresListener;
import org.deeplearning4j.optimize.listeners.PerformanceListener;
import org.deeplearning4j.ui.model.stats.J7StatsListener;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.stats.api.StatsReport;
import org.deeplearning4j.ui.model.stats.api.StatsType;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Executors in threads of this JVM, whose tasks may fail up to three times. */
class SparkKFacTest {

    private static JavaSparkContext spark;
    private static String folderOfSpark;

    @BeforeAll
    static void start(@TempDir Path folder) {
        spark = new JavaSparkContext(settings("local[2,4]"));
        folderOfSpark = folder.toUri().toString();
        spark.setCheckpointDir(folderOfSpark);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    static Stream<Arguments> updaters() {
        return Stream.of(Reduction.values())
                .flatMap(reduction -> Stream.of(
                        Arguments.of(reduction, "K-FAC", new KFac()),
                        Arguments.of(
                                reduction,
                                "K-FAC by hand",
                                KFac.builder()
                                        .learningRate(0.1)
                                        .statisticsInterval(2)
                                        .inverseInterval(4)
                                        .build()),
                        Arguments.of(
                                reduction,
                                "K-FAC, block-tridiagonal",
                                KFac.builder()
                                        .structure(Structure.BLOCK_TRIDIAGONAL)
                                        .build()),
                        Arguments.of(reduction, "EKFac", new EKFac()),
                        Arguments.of(
                                reduction,
                                "K-FAC in the background",
                                KFac.builder()
                                        .statisticsInterval(2)
                                        .inverseInterval(2)
                                        .backgroundRefresh()
                                        .build()),
                        Arguments.of(
                                reduction,
                                "EKFac in the background",
                                EKFac.builder()
                                        .statisticsInterval(2)
                                        .basisInterval(2)
                                        .backgroundRefresh()
                                        .build()),
                        Arguments.of(reduction, "FAdam", new FAdam()),
                        Arguments.of(reduction, "AdaFisher", new AdaFisher()),
                        Arguments.of(reduction, "Adam", new Adam(1e-2))));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("updaters")
    void executorsTakeTheStepsOfThreads(Reduction reduction, String name, IUpdater updater) {
        Model leader = network(updater);
        new SparkRun(leader).reduction(reduction).fit(2);
        Model parallel = network(updater);
        inThreads(parallel, 2);
        assertThat(leader.params()).isEqualTo(parallel.params());
        assertThat(leader.params()).isNotEqualTo(network(updater).params());
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("updaters")
    void anyReductionLeavesTheSameUpdaterState(Reduction reduction, String name, IUpdater updater) {
        MultiLayerNetwork byDriver = network(updater);
        new SparkRun(byDriver).fit(1);
        MultiLayerNetwork leader = network(updater);
        new SparkRun(leader).reduction(reduction).fit(1);
        assertThat(leader.getUpdater().getStateViewArray())
                .isEqualTo(byDriver.getUpdater().getStateViewArray());
    }

    /** The running statistics of batch normalisation are means, and scores that are sums contain L2 once. */
    @Test
    void rangesOfTheGradientAreAddedUpAsTheWhole() {
        MultiLayerNetwork byDriver = normalised();
        new SparkRun(byDriver).fit(2);
        MultiLayerNetwork leader = normalised();
        new SparkRun(leader).reduction(Reduction.SHUFFLE).fit(2);
        assertThat(leader.params()).isEqualTo(byDriver.params());
        assertThat(leader.score()).isEqualTo(byDriver.score());
    }

    private static MultiLayerNetwork normalised() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(7)
                .updater(new KFac())
                .miniBatch(false)
                .l2(1e-3)
                .list(
                        new DenseLayer.Builder().nIn(6).nOut(5).build(),
                        new BatchNormalization.Builder().nIn(5).nOut(5).build(),
                        new OutputLayer.Builder(LossFunction.MCXENT)
                                .nIn(5)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build())
                .build());
        network.init();
        return network;
    }

    @Test
    void severalBatchesOfAShardAreOnePart() {
        int perStep = 3;
        MultiLayerNetwork leader = network(new KFac());
        SparkKFac.builder(spark, leader).batchesPerStep(perStep).build().fit(data(spark), 1);
        assertThat(leader.getIterationCount()).isEqualTo(ROUNDS / perStep);

        Model parallel = network(new KFac());
        List<DataSet> batches = batches(7);
        try (KFacParallel threads = KFacParallel.builder(parallel)
                .workers(WORKERS)
                .batchesPerStep(perStep)
                .build()) {
            for (int first = 0; first < ROUNDS; first += perStep) {
                List<DataSet> step = new ArrayList<>();
                for (int worker = 0; worker < WORKERS; worker++) {
                    for (int round = first; round < first + perStep; round++) {
                        step.add(batches.get(round * WORKERS + worker));
                    }
                }
                threads.step(step);
            }
        }
        assertThat(leader.params()).isEqualTo(parallel.params());
    }

    @Test
    void graphsAndSmallElementsAreTrainedToo() {
        ComputationGraph leader = graph();
        List<DataSet> examples = new ArrayList<>();
        batches(8).forEach(batch -> examples.addAll(batch.asList()));
        SparkKFac.builder(spark, leader).examplesPerBatch(8).build().fit(spark.parallelize(examples, WORKERS), 1);
        assertThat(leader.getIterationCount()).isEqualTo(ROUNDS);
        assertThat(leader.getEpochCount()).isEqualTo(1);
        assertThat(leader.params()).isNotEqualTo(graph().params());
    }

    @Test
    void listenersOfDeeplearning4jSeeTheStepsOnTheDriver() {
        MultiLayerNetwork leader = network(new Adam(1e-2));
        CollectScoresListener scores = new CollectScoresListener(1);
        leader.setListeners(new PerformanceListener(1, true), scores);
        new SparkRun(leader).fit(1);
        assertThat(scores.getListScore().size()).isEqualTo(ROUNDS);
        assertThat(scores.getListScore().getDouble(ROUNDS - 1))
                .isLessThan(scores.getListScore().getDouble(0));
    }

    @ParameterizedTest
    @EnumSource
    void theTrainingUiSeesTheStepsOnTheDriver(Reduction reduction) {
        MultiLayerNetwork leader = network(new KFac());
        InMemoryStatsStorage storage = new InMemoryStatsStorage();
        leader.setListeners(new J7StatsListener(storage, 1));
        new SparkRun(leader).reduction(reduction).fit(1);
        List<Persistable> steps = new ArrayList<>();
        for (String session : storage.listSessionIDs()) {
            for (String worker : storage.listWorkerIDsForSessionAndType(session, StatsListener.TYPE_ID)) {
                steps.addAll(storage.getAllUpdatesAfter(session, StatsListener.TYPE_ID, worker, 0));
            }
        }
        assertThat(steps).hasSize(ROUNDS);
        StatsReport last = (StatsReport) steps.get(ROUNDS - 1);
        assertThat(last.getScore()).isEqualTo(leader.score());
        assertThat(last.getMeanMagnitudes(StatsType.Gradients)).containsKey("0_W");
        assertThat(last.getMeanMagnitudes(StatsType.Parameters)).containsKey("1_b");
    }

    @ParameterizedTest
    @EnumSource
    void tasksThatFailAndAreRunAgainChangeNothing(Reduction reduction) {
        Model clean = network(new KFac());
        new SparkRun(clean).fit(1);
        Model failing = network(new KFac(), new FailingTanh());
        FailingTanh.failures(3);
        new SparkRun(failing).reduction(reduction).fit(1);
        assertThat(FailingTanh.failuresLeft()).isZero();
        assertThat(failing.params()).isEqualTo(clean.params());
    }

    @ParameterizedTest
    @EnumSource
    void aTrainingThatWasKilledGoesOnFromItsCheckpoint(Reduction reduction, @TempDir Path folder) {
        Model whole = network(new KFac());
        new SparkRun(whole).fit(3);

        Model killed = network(new KFac());
        killed.addListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                if (iteration == 9) {
                    throw new IllegalStateException("killed");
                }
            }
        });
        SparkRun run = new SparkRun(killed).reduction(reduction).checkpoints(folder);
        assertThatThrownBy(() -> run.fit(3)).hasMessage("killed");

        Model resumed = new SparkRun(network(new KFac()))
                .reduction(reduction)
                .checkpoints(folder)
                .fit(3);
        assertThat(((MultiLayerNetwork) resumed).getIterationCount()).isEqualTo(3 * ROUNDS);
        assertThat(resumed.params()).isEqualTo(whole.params());
        assertThat(((MultiLayerNetwork) resumed).getUpdater().getStateViewArray())
                .isEqualTo(((MultiLayerNetwork) whole).getUpdater().getStateViewArray());
    }

    /** Their squares are no floats any more. */
    @ParameterizedTest
    @EnumSource
    void aBatchWhoseStatisticsOverflowIsLeftOut(Reduction reduction) {
        List<DataSet> batches = batches(7);
        batches.get(5).getFeatures().muli(1e25);
        MultiLayerNetwork expected = network(new KFac());
        try (KFacParallel threads =
                KFacParallel.builder(expected).workers(WORKERS).build()) {
            for (int round = 0; round < ROUNDS; round++) {
                threads.step(batches.subList(round * WORKERS, (round + 1) * WORKERS));
            }
        }
        MultiLayerNetwork leader = network(new KFac());
        SparkKFac.builder(spark, leader).reduction(reduction).build().fit(TestTraining.data(spark, batches), 1);
        assertThat(leader.params()).isEqualTo(expected.params());
        assertThat(leader.getUpdater().getStateViewArray().isInfinite().any()).isFalse();
        assertThat(KFacListener.attach(leader).report(leader).skippedBatches()).isEqualTo(1);
    }

    @Test
    void methodsThatNeedTheRowsOfTheirBatchAreRefusedByName() {
        Model leader = network(new ExactFisher());
        assertThatThrownBy(() -> new SparkRun(leader).fit(1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ExactFisher");
    }

    @Test
    void curvatureOnExecutorsNeedsAFolder() {
        Model leader = network(new KFac());
        spark.sc().checkpointDir_$eq(scala.Option.empty());
        try {
            assertThatThrownBy(() ->
                            new SparkRun(leader).reduction(Reduction.SHUFFLE).fit(1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("checkpoints(path, steps)");
        } finally {
            spark.setCheckpointDir(folderOfSpark);
        }
    }

    @Test
    void emptyDataIsRefused() {
        Model leader = network(new KFac());
        assertThatThrownBy(() ->
                        SparkKFac.builder(spark, leader).build().fit(spark.parallelize(List.<DataSet>of(), WORKERS), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("empty");
    }

    private static final class SparkRun {

        private final SparkKFac.Builder builder;

        SparkRun(Model leader) {
            builder = SparkKFac.builder(spark, leader);
        }

        SparkRun reduction(Reduction reduction) {
            builder.reduction(reduction);
            return this;
        }

        SparkRun checkpoints(Path folder) {
            builder.checkpoints(folder.toUri().toString(), 4);
            return this;
        }

        Model fit(int epochs) {
            return builder.build().fit(data(spark), epochs);
        }
    }

    private static ComputationGraph graph() {
        ComputationGraphConfiguration configuration = new NeuralNetConfiguration.Builder()
                .seed(7)
                .updater(new KFac())
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                        "left",
                        new DenseLayer.Builder()
                                .nIn(6)
                                .nOut(4)
                                .activation(Activation.TANH)
                                .build(),
                        "in")
                .addLayer(
                        "right",
                        new DenseLayer.Builder()
                                .nIn(6)
                                .nOut(3)
                                .activation(Activation.TANH)
                                .build(),
                        "in")
                .addVertex("both", new MergeVertex(), "left", "right")
                .addLayer(
                        "out",
                        new OutputLayer.Builder(LossFunction.MCXENT)
                                .nIn(7)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build(),
                        "both")
                .setOutputs("out")
                .build();
        ComputationGraph graph = new ComputationGraph(configuration);
        graph.init();
        return graph;
    }
}
