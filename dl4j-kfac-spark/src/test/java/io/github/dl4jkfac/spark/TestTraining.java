package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.parallel.KFacParallel;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** A small network and its batches, on Spark and in threads. */
final class TestTraining {

    static final int WORKERS = 2;
    static final int ROUNDS = 6;

    private TestTraining() {}

    static SparkConf settings(String master) {
        return new SparkConf()
                .setMaster(master)
                .setAppName("SparkKFac's tests")
                .set("spark.ui.enabled", "false")
                .set("spark.driver.host", "127.0.0.1")
                .set("spark.driver.bindAddress", "127.0.0.1");
    }

    static MultiLayerNetwork network(IUpdater updater) {
        return network(updater, new ActivationTanH());
    }

    static MultiLayerNetwork network(IUpdater updater, IActivation activation) {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(7)
                .updater(updater)
                .l2(1e-4)
                .list(
                        new DenseLayer.Builder()
                                .nIn(6)
                                .nOut(5)
                                .activation(activation)
                                .build(),
                        new OutputLayer.Builder(LossFunction.MCXENT)
                                .nIn(5)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build())
                .build());
        network.init();
        return network;
    }

    /** Batch i is that of worker i modulo their number. */
    static List<DataSet> batches(int size) {
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

    /** Each worker's batches in a partition of its own. */
    static JavaRDD<DataSet> data(JavaSparkContext spark) {
        return data(spark, batches(7));
    }

    static JavaRDD<DataSet> data(JavaSparkContext spark, List<DataSet> batches) {
        List<DataSet> byWorker = new ArrayList<>();
        for (int worker = 0; worker < WORKERS; worker++) {
            for (int round = 0; round < ROUNDS; round++) {
                byWorker.add(batches.get(round * WORKERS + worker));
            }
        }
        return spark.parallelize(byWorker, WORKERS);
    }

    /** The same training without Spark. */
    static void inThreads(Model leader, int epochs) {
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
}
