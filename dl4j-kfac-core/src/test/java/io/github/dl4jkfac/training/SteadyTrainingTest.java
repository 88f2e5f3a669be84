package io.github.dl4jkfac.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.testing.Fixtures;
import java.util.Random;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.ops.transforms.Transforms;

/** EKFac with its defaults never throws away what it has learnt. */
@Tag("training")
class SteadyTrainingTest {

    private static final int WARM_UP = 30;

    private static ListBuilder layers(IUpdater updater, long seed, int inputs, int hiddenLayers) {
        ListBuilder list =
                Fixtures.base(updater, DataType.FLOAT).seed(seed).list().layer(Fixtures.dense(inputs, 32));
        for (int i = 1; i < hiddenLayers; i++) {
            list.layer(Fixtures.dense(32, 32));
        }
        return list;
    }

    private static MultiLayerNetwork regression(IUpdater updater, long seed, int hiddenLayers) {
        return Fixtures.started(layers(updater, seed, 1, hiddenLayers)
                .layer(new OutputLayer.Builder(LossFunction.MSE)
                        .activation(Activation.IDENTITY)
                        .nIn(32)
                        .nOut(1)
                        .build())
                .build());
    }

    /** Without any noise each step should make the loss less; the eigenvalues differ by many orders of magnitude. */
    @ParameterizedTest
    @CsvSource({"3, 2", "4, 1"})
    void aSmoothFunctionIsLearntWithoutJumps(long seed, int hiddenLayers) {
        INDArray x = Nd4j.linspace(DataType.FLOAT, 0, 1.0 / 63, 64).reshape(64, 1);
        DataSet data = new DataSet(x, Transforms.exp(x.dup()));
        MultiLayerNetwork net = regression(new EKFac(), seed, hiddenLayers);
        KFacListener.attach(net);
        MultiLayerNetwork adam = regression(new Adam(1e-2), seed, hiddenLayers);
        double last = Double.POSITIVE_INFINITY;
        for (int step = 0; step < 300; step++) {
            net.fit(data);
            adam.fit(data);
            double score = net.score(); // before this step
            if (step >= WARM_UP) {
                assertThat(score).as("step %d", step).isLessThan(1.3 * last);
            }
            last = score;
        }
        assertThat(net.score(data)).isLessThan(1.3 * last).isLessThan(adam.score(data));
    }

    private static DataSet multiplesOfOneVector(Random random, int samples) {
        INDArray x = Nd4j.create(DataType.FLOAT, samples, 8);
        INDArray y = Nd4j.create(DataType.FLOAT, samples, 2);
        for (int n = 0; n < samples; n++) {
            double s = random.nextGaussian();
            x.getRow(n).assign(s);
            y.putScalar(n, s > 0 ? 1 : 0, 1);
        }
        return new DataSet(x, y);
    }

    /** The input factor has one eigenvalue and many zeros. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1})
    void inputsOfRankOneAreLearntWithoutJumps(long seed) {
        MultiLayerNetwork net = Fixtures.started(layers(new EKFac(), seed, 8, 1)
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .nIn(32)
                        .nOut(2)
                        .build())
                .build());
        KFacListener.attach(net);
        Random random = new Random(3);
        DataSet test = multiplesOfOneVector(new Random(9), 128);
        for (int step = 0; step < 300; step++) {
            net.fit(multiplesOfOneVector(random, 64));
            if (step >= 100) {
                assertThat(net.score(test)).as("step %d", step).isLessThan(0.12);
            }
        }
    }
}
