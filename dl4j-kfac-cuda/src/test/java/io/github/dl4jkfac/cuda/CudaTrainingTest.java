package io.github.dl4jkfac.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.solve.Solvers;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Training that has its inverses from a GPU goes where it goes with LAPACK's. Skipped where there is no GPU. */
class CudaTrainingTest {

    private static final int INPUTS = 70;
    private static final int HIDDEN = 50;
    private static final int CLASSES = 5;
    private static final int STEPS = 12;

    @BeforeAll
    static void requireDevice() {
        String obstacle = new CudaProvider().obstacle();
        assumeTrue(obstacle == null, obstacle);
    }

    @AfterEach
    void clearProperties() {
        System.clearProperty(Solvers.PROPERTY);
        System.clearProperty(CudaProvider.LEAST_ORDER);
    }

    static Stream<Arguments> updatersAndTypes() {
        IUpdater byHand = KFac.builder().learningRate(0.1).klClip(1e-2).build();
        IUpdater eigen = EKFac.builder().learningRate(0.1).klClip(1e-2).build();
        return Stream.of(
                Arguments.of(new KFac(), DataType.DOUBLE, 1e-8),
                Arguments.of(byHand, DataType.DOUBLE, 1e-10),
                Arguments.of(byHand, DataType.FLOAT, 1e-4),
                Arguments.of(eigen, DataType.DOUBLE, 1e-9));
    }

    @ParameterizedTest
    @MethodSource("updatersAndTypes")
    void stepsAreThoseOfLapackWithinRounding(IUpdater updater, DataType type, double tolerance) {
        System.setProperty(Solvers.PROPERTY, "lapack");
        MultiLayerNetwork expected = trained(updater.clone(), type);
        System.setProperty(Solvers.PROPERTY, "cuda");
        System.setProperty(CudaProvider.LEAST_ORDER, "2");
        MultiLayerNetwork actual = trained(updater.clone(), type);

        INDArray start = network(updater.clone(), type).params();
        assertThat(Matrices.distance(expected.params(), start))
                .as("it has moved")
                .isGreaterThan(1e-2);
        assertThat(Matrices.distance(expected.params(), actual.params())).isLessThan(tolerance);
    }

    private static MultiLayerNetwork trained(IUpdater updater, DataType type) {
        MultiLayerNetwork network = network(updater, type);
        KFacListener.attach(network);
        for (int i = 0; i < STEPS; i++) {
            network.fit(batch(i % 3, type));
        }
        return network;
    }

    private static MultiLayerNetwork network(IUpdater updater, DataType type) {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(type)
                .updater(updater)
                .activation(Activation.TANH)
                .weightInit(WeightInit.XAVIER)
                .list()
                .layer(new DenseLayer.Builder().nIn(INPUTS).nOut(HIDDEN).build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(HIDDEN)
                        .nOut(CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
        network.init();
        return network;
    }

    private static DataSet batch(int number, DataType type) {
        Random random = Nd4j.getRandomFactory().getNewRandomInstance(100 + number);
        INDArray features = Nd4j.randn(0, 1, new long[] {128, INPUTS}, random).castTo(type);
        INDArray labels = Nd4j.zeros(type, 128, CLASSES);
        for (int i = 0; i < 128; i++) {
            labels.putScalar(i, (int) (Math.abs(features.getDouble(i, 0)) * 2) % CLASSES, 1);
        }
        return new DataSet(features, labels);
    }
}
