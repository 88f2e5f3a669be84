package io.github.dl4jkfac.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.FAdam;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.parallel.KFacParallel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Executors in threads of this JVM, whose tasks may fail up to three times. */
class SparkKFacTest {

    private static final int WORKERS = 2;
    private static final int ROUNDS = 6;

    private static JavaSparkContext spark;

    @BeforeAll
    static void start() {
        spark = new JavaSparkContext(new SparkConf()
                .setMaster("local[2,4]")
                .setAppName("SparkKFacTest")
                .set("spark.ui.enabled", "false")
                .set("spark.driver.host", "127.0.0.1")
                .set("spark.driver.bindAddress", "127.0.0.1"));
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    static Stream<Arguments> updaters() {
        return Stream.of(
                Arguments.of("K-FAC", new KFac()),
                Arguments.of("EKFac", new EKFac()),
                Arguments.of("FAdam", new FAdam()),
                Arguments.of("Adam", new Adam(1e-2)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("updaters")
    void executorsTakeTheStepsOfThreads(String name, IUpdater updater) {
        Model leader = network(updater, Activation.TANH);
        new SparkRun(leader).fit(2);
        Model parallel = network(updater, Activation.TANH);
        inThreads(parallel, 2);
        assertThat(leader.params()).isEqualTo(parallel.params());
        assertThat(leader.params())
                .isNotEqualTo(network(updater, Activation.TANH).params());
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
    void tasksThatFailAndAreRunAgainChangeNothing() {
        Model clean = network(new KFac(), Activation.TANH);
        new SparkRun(clean).fit(1);
        Model failing = network(new KFac(), new FailingTanh());
        FailingTanh.failures(3);
        new SparkRun(failing).fit(1);
        assertThat(FailingTanh.failuresLeft()).isZero();
        assertThat(failing.params()).isEqualTo(clean.params());
    }

    @Test
    void aTrainingThatWasKilledGoesOnFromItsCheckpoint(@TempDir Path folder) {
        Model whole = network(new KFac(), Activation.TANH);
        new SparkRun(whole).fit(3);

        Model killed = network(new KFac(), Activation.TANH);
        killed.addListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                if (iteration == 9) {
                    throw new IllegalStateException("killed");
                }
            }
        });
        SparkRun run = new SparkRun(killed).checkpoints(folder);
        assertThatThrownBy(() -> run.fit(3)).hasMessage("killed");

        Model resumed = new SparkRun(network(new KFac(), Activation.TANH))
                .checkpoints(folder)
                .fit(3);
        assertThat(((MultiLayerNetwork) resumed).getIterationCount()).isEqualTo(3 * ROUNDS);
        assertThat(resumed.params()).isEqualTo(whole.params());
        assertThat(((MultiLayerNetwork) resumed).getUpdater().getStateViewArray())
                .isEqualTo(((MultiLayerNetwork) whole).getUpdater().getStateViewArray());
    }

    @Test
    void methodsThatNeedTheRowsOfTheirBatchAreRefusedByName() {
        Model leader = network(new ExactFisher(), Activation.TANH);
        assertThatThrownBy(() -> new SparkRun(leader).fit(1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ExactFisher");
    }

    @Test
    void emptyDataIsRefused() {
        Model leader = network(new KFac(), Activation.TANH);
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

        SparkRun checkpoints(Path folder) {
            builder.checkpoints(folder.toUri().toString(), 4);
            return this;
        }

        Model fit(int epochs) {
            return builder.build().fit(data(), epochs);
        }
    }

    /** The batches of worker 0, then those of worker 1, the last of whose is missing. */
    private static JavaRDD<DataSet> data() {
        List<DataSet> batches = batches(7);
        List<DataSet> inPartitions = new ArrayList<>();
        for (int worker = 0; worker < WORKERS; worker++) {
            for (int round = 0; round < ROUNDS; round++) {
                inPartitions.add(batches.get(round * WORKERS + worker));
            }
        }
        return spark.parallelize(inPartitions, WORKERS);
    }

    private static void inThreads(Model leader, int epochs) {
        List<DataSet> batches = batches(7);
        try (KFacParallel parallel =
                KFacParallel.builder(leader).workers(WORKERS).build()) {
            for (int epoch = 0; epoch < epochs; epoch++) {
                for (int round = 0; round < ROUNDS; round++) {
                    parallel.step(batches.subList(round * WORKERS, (round + 1) * WORKERS));
                }
            }
        }
    }

    private static List<DataSet> batches(int size) {
        List<DataSet> batches = new ArrayList<>();
        for (int i = 0; i < WORKERS * ROUNDS; i++) {
            INDArray features = Nd4j.randn(
                            0, 1, new long[] {size, 6}, Nd4j.getRandomFactory().getNewRandomInstance(1 + i))
                    .castTo(DataType.FLOAT);
            INDArray labels = Nd4j.zeros(DataType.FLOAT, size, 3);
            for (int n = 0; n < size; n++) {
                labels.putScalar(n, (n + i) % 3, 1);
            }
            batches.add(new DataSet(features, labels));
        }
        return batches;
    }

    private static MultiLayerNetwork network(IUpdater updater, Object activation) {
        DenseLayer.Builder hidden = new DenseLayer.Builder().nIn(6).nOut(5);
        if (activation instanceof Activation known) {
            hidden.activation(known);
        } else {
            hidden.activation((FailingTanh) activation);
        }
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(7)
                .updater(updater)
                .l2(1e-4)
                .list(
                        hidden.build(),
                        new OutputLayer.Builder(LossFunction.MCXENT)
                                .nIn(5)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build())
                .build());
        network.init();
        return network;
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
