package io.github.dl4jkfac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFacListener;
import java.util.Arrays;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Trainings of a moment each, with all that a checkpoint might forget: dropout, a constraint, batch normalisation, L2. */
final class TinyTraining {

    private static final int FEATURES = 5;
    private static final int CLASSES = 3;

    private TinyTraining() {}

    enum Kind {
        SEQUENTIAL {
            @Override
            Model create(IUpdater updater, DataType type) {
                MultiLayerNetwork network = new MultiLayerNetwork(base(updater, type)
                        .list()
                        .layer(new DenseLayer.Builder()
                                .nIn(FEATURES)
                                .nOut(6)
                                .dropOut(0.8)
                                .constrainWeights(new MaxNormConstraint(0.7, 1))
                                .build())
                        .layer(output(6))
                        .build());
                network.init();
                return ready(network);
            }
        },
        GRAPH {
            @Override
            Model create(IUpdater updater, DataType type) {
                ComputationGraph graph = new ComputationGraph(base(updater, type)
                        .graphBuilder()
                        .addInputs("in")
                        .addLayer(
                                "dense",
                                new DenseLayer.Builder().nIn(FEATURES).nOut(6).build(),
                                "in")
                        .addLayer(
                                "norm",
                                new BatchNormalization.Builder().nIn(6).nOut(6).build(),
                                "dense")
                        .addLayer("out", output(6), "norm")
                        .setOutputs("out")
                        .build());
                graph.init();
                return ready(graph);
            }
        };

        abstract Model create(IUpdater updater, DataType type);
    }

    private static NeuralNetConfiguration.Builder base(IUpdater updater, DataType type) {
        return new NeuralNetConfiguration.Builder()
                .seed(7)
                .dataType(type)
                .updater(updater)
                .l2(1e-3)
                .activation(Activation.TANH);
    }

    private static OutputLayer output(int inputs) {
        return new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(inputs)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static Model ready(Model model) {
        if (KFacListener.isNeededBy(model)) {
            KFacListener.attach(model);
        }
        return model;
    }

    /** The batch of an iteration; the same whoever asks. */
    static DataSet batch(int iteration, DataType type) {
        Random random = Nd4j.getRandomFactory().getNewRandomInstance(1000 + iteration);
        INDArray features = Nd4j.rand(random, new long[] {8, FEATURES}).castTo(type);
        INDArray labels = Nd4j.zeros(type, 8, CLASSES);
        for (int n = 0; n < 8; n++) {
            labels.putScalar(n, random.nextInt(CLASSES), 1);
        }
        return new DataSet(features, labels);
    }

    static DataSet badBatch(DataType type) {
        DataSet batch = batch(0, type);
        batch.getFeatures().putScalar(2, 1, Double.NaN);
        return batch;
    }

    static void fit(Model model, DataSet batch) {
        if (model instanceof MultiLayerNetwork network) {
            network.fit(batch);
        } else {
            ((ComputationGraph) model).fit(batch);
        }
    }

    /** Trains on until so many iterations are done; the counter says which batch is next. */
    static void train(Model model, int iterations, DataType type) {
        while (Network.of(model).iteration() < iterations) {
            fit(model, batch(Network.of(model).iteration(), type));
        }
    }

    static void assertSame(Model actual, Model expected) {
        assertThat(numbers(actual.params())).as("parameters").isEqualTo(numbers(expected.params()));
        assertThat(numbers(Network.of(actual).state()))
                .as("updater state")
                .isEqualTo(numbers(Network.of(expected).state()));
        assertThat(Network.of(actual).iteration())
                .as("iterations")
                .isEqualTo(Network.of(expected).iteration());
        assertThat(Network.of(actual).epoch())
                .as("epochs")
                .isEqualTo(Network.of(expected).epoch());
    }

    private static double[] numbers(INDArray array) {
        return array == null
                ? new double[0]
                : Arrays.copyOf(array.dup('c').data().asDouble(), (int) array.length());
    }
}
