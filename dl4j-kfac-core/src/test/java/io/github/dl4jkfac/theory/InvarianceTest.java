package io.github.dl4jkfac.theory;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.Structure;
import io.github.dl4jkfac.testing.TestNetworks;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** What must not change the training: the parametrisation of the network, the order of the samples, their repetition. */
@Tag("theory")
class InvarianceTest {

    private static final int SAMPLES = 40;

    /** x = x' M + c, the inputs of the one network in terms of the other's. */
    private static final INDArray M = normal(21, 3, 3);

    private static final INDArray C = normal(22, 1, 3);

    private static MultiLayerNetwork network(KFac updater, Activation activation) {
        MultiLayerNetwork network = sequence(
                settings(updater),
                dense(3, 4, activation).build(),
                dense(4, 3, activation).build(),
                output(3, 2, Activation.IDENTITY, new LossMSE()).build());
        KFacListener.attach(network);
        return network;
    }

    /** The same function with tanh(z) = 2 sigmoid(2 z) - 1 and other inputs. */
    private static MultiLayerNetwork reparametrised(MultiLayerNetwork original, KFac updater) {
        MultiLayerNetwork network = network(updater, Activation.SIGMOID);
        INDArray first = TestNetworks.weights(original, "0");
        INDArray second = TestNetworks.weights(original, "1");
        INDArray last = TestNetworks.weights(original, "2");
        INDArray w0 = rows(first, 0, 3);
        INDArray b0 = rows(first, 3, 4);
        TestNetworks.setWeights(
                network, "0", Nd4j.vstack(M.mmul(w0), b0.add(C.mmul(w0))).mul(2));
        TestNetworks.setWeights(
                network,
                "1",
                Nd4j.vstack(rows(second, 0, 4).mul(2), biasOfCentred(second)).mul(2));
        TestNetworks.setWeights(network, "2", Nd4j.vstack(rows(last, 0, 3).mul(2), biasOfCentred(last)));
        return network;
    }

    /** b - sum of the rows of W: inputs 2 a' - 1 in place of a. */
    private static INDArray biasOfCentred(INDArray matrix) {
        long inputs = matrix.size(0) - 1;
        return rows(matrix, inputs, inputs + 1).sub(rows(matrix, 0, inputs).sum(true, 0));
    }

    private static double distanceAfterTraining(KFac updater) {
        MultiLayerNetwork network = network(updater, Activation.TANH);
        MultiLayerNetwork other = reparametrised(network, updater);
        INDArray test = normal(99, SAMPLES, 3);
        INDArray before = network.output(test).dup();
        assertThat(error(other.output(otherInputs(test)), before)).isLessThan(1e-12);
        for (int k = 0; k < 4; k++) {
            INDArray x = normal(k, SAMPLES, 3);
            INDArray y = normal(100 + k, SAMPLES, 2);
            fit(network, batch(x, y));
            fit(other, batch(otherInputs(x), y));
        }
        INDArray after = network.output(test);
        assertThat(error(after, before)).isGreaterThan(0.05);
        return error(other.output(otherInputs(test)), after);
    }

    private static INDArray otherInputs(INDArray x) {
        return x.subRowVector(C).mmul(inverse(M));
    }

    /** Statistics, steps, momentum and KL clip see the function only. */
    @ParameterizedTest
    @EnumSource(Curvature.class)
    void undampedTrainingDoesNotDependOnTheParametrisation(Curvature curvature) {
        KFac updater = KFac.builder()
                .curvature(curvature)
                .damping(0)
                .learningRate(1)
                .klClip(0.1)
                .build();
        assertThat(distanceAfterTraining(updater)).isLessThan(1e-8);
    }

    /** Martens and Grosse (2015, sec. 10) show it of the block-tridiagonal approximation, too. */
    @ParameterizedTest
    @EnumSource(Curvature.class)
    void undampedTridiagonalTrainingDoesNotDependOnTheParametrisation(Curvature curvature) {
        KFac updater = KFac.builder()
                .curvature(curvature)
                .structure(Structure.BLOCK_TRIDIAGONAL)
                .damping(0)
                .learningRate(1)
                .klClip(0.1)
                .build();
        assertThat(distanceAfterTraining(updater)).isLessThan(1e-8);
    }

    @Test
    void dampedTrainingDependsOnTheParametrisation() {
        assertThat(distanceAfterTraining(
                        KFac.builder().damping(0.1).learningRate(1).klClip(0.1).build()))
                .isGreaterThan(1e-3);
    }

    @ParameterizedTest
    @EnumSource(value = Curvature.class, names = "(SAMPLED|RANDOM_SIGN)_FISHER", mode = EnumSource.Mode.MATCH_NONE)
    void orderOfTheSamplesDoesNotMatter(Curvature curvature) {
        INDArray x = normal(1, 12, 4);
        INDArray y = oneHot(12, 3);
        MultiDataSet swapped =
                batch(Nd4j.vstack(rows(x, 7, 12), rows(x, 0, 7)), Nd4j.vstack(rows(y, 7, 12), rows(y, 0, 7)));
        assertThat(error(trained(curvature, swapped), trained(curvature, batch(x, y))))
                .isLessThan(1e-11);
    }

    @ParameterizedTest
    @EnumSource(value = Curvature.class, names = "(SAMPLED|RANDOM_SIGN)_FISHER", mode = EnumSource.Mode.MATCH_NONE)
    void repeatingTheSamplesDoesNotMatter(Curvature curvature) {
        INDArray x = normal(1, 12, 4);
        INDArray y = oneHot(12, 3);
        MultiDataSet twice = batch(Nd4j.vstack(x, x), Nd4j.vstack(y, y));
        assertThat(error(trained(curvature, twice), trained(curvature, batch(x, y))))
                .isLessThan(1e-11);
    }

    private static INDArray trained(Curvature curvature, MultiDataSet batch) {
        MultiLayerNetwork network = sequence(
                settings(KFac.builder()
                        .klClip(KFac.DEFAULT_KL_CLIP)
                        .curvature(curvature)
                        .build()),
                dense(4, 5, Activation.TANH).build(),
                output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build());
        KFacListener.attach(network);
        for (int k = 0; k < 5; k++) {
            fit(network, batch);
        }
        return network.params();
    }
}
