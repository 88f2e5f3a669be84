package io.github.dl4jkfac.capture.likelihood;

import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.meanProduct;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** Sampled derivatives have mean zero and, as second moment, the Hessian of DL4J's own loss in the pre-activations. */
class OutputDistributionTest {

    private static final int DRAWS = 20_000;

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.github.dl4jkfac.capture.likelihood.LossCase#losses")
    void secondMomentIsTheHessianOfTheLoss(LossCase c) {
        assertMoments(draw(c), c.hessian());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.github.dl4jkfac.capture.likelihood.LossCase#absoluteErrors")
    void secondMomentOfAbsoluteErrorsIsTheFisherMatrixOfTheLaplaceDistribution(LossCase c, INDArray inverseScales) {
        INDArray jacobian = c.jacobian();
        INDArray root = jacobian.transpose().mulRowVector(inverseScales);
        assertMoments(draw(c), root.mmul(root.transpose()));
    }

    /** The derivative that DL4J itself gives at labels drawn from the model has this second moment too. */
    @Test
    void secondMomentIsThatOfTheLossAtDrawnLabels() {
        LossCase c = new LossCase("MCXENT", new LossMCXENT(), Activation.SOFTMAX, LossCase.row(0, 1, 0));
        INDArray p = c.function().getActivation(c.z().dup(), true);
        INDArray exact = Nd4j.zeros(DataType.DOUBLE, 3, 3);
        for (int k = 0; k < 3; k++) {
            INDArray g = c.loss()
                    .computeGradient(
                            Nd4j.eye(3).castTo(DataType.DOUBLE).getRow(k, true), c.z().dup(), c.function(), null);
            exact.addi(g.transpose().mmul(g).mul(p.getDouble(k)));
        }
        assertMoments(draw(c), exact);
    }

    private static void assertMoments(INDArray draws, INDArray hessian) {
        double size = hessian.norm2Number().doubleValue();
        double trace = TestNetworks.trace(hessian);
        // standard deviations: of the mean sqrt(tr H / draws), of the second moment about sqrt((dim + 1) / draws) |H|
        double noise = 3 * Math.sqrt((hessian.size(0) + 1.0) / DRAWS) * size + 1e-6;
        assertThat(meanProduct(draws, draws).sub(hessian).norm2Number().doubleValue())
                .isLessThan(noise);
        assertThat(draws.mean(0).norm2Number().doubleValue()).isLessThan(3.5 * Math.sqrt(trace / DRAWS) + 1e-12);
    }

    private static INDArray draw(LossCase c) {
        INDArray mask = c.mask() == null ? null : repeat(c.mask());
        Random random = Nd4j.getRandomFactory().getNewRandomInstance(11);
        return OutputDistribution.of(c.loss(), c.function())
                .sampleDerivative(repeat(c.z()), repeat(c.target()), mask, random);
    }

    private static INDArray repeat(INDArray row) {
        return Nd4j.ones(DataType.DOUBLE, DRAWS, row.length()).muliRowVector(row);
    }

    static Stream<Arguments> withoutDistribution() {
        return Stream.of(
                Arguments.of(LossFunction.HINGE, Activation.TANH, "LossHinge"),
                Arguments.of(LossFunction.SQUARED_HINGE, Activation.TANH, "LossSquaredHinge"),
                Arguments.of(LossFunction.COSINE_PROXIMITY, Activation.IDENTITY, "LossCosineProximity"),
                Arguments.of(LossFunction.KL_DIVERGENCE, Activation.SOFTMAX, "LossKLD"),
                Arguments.of(LossFunction.MEAN_SQUARED_LOGARITHMIC_ERROR, Activation.SOFTPLUS, "LossMSLE"),
                Arguments.of(LossFunction.MEAN_ABSOLUTE_PERCENTAGE_ERROR, Activation.IDENTITY, "LossMAPE"));
    }

    @ParameterizedTest(name = "{0} with {1}")
    @MethodSource("withoutDistribution")
    void lossesWithoutDistributionAreNamed(LossFunction loss, Activation activation, String name) {
        NetworkView view = NetworkView.of(network(loss, activation, Curvature.SAMPLED_FISHER));
        for (DerivativeSource source :
                List.of(DerivativeSource.MODEL_TARGETS, DerivativeSource.EXACT, DerivativeSource.RANDOM_SIGNS)) {
            assertThat(view.obstacleTo(source)).contains(name, "'1'", "MCXENT", "softmax");
        }
        assertThat(view.obstacleTo(DerivativeSource.SCALED_TRUE_LABELS)).isNull();
        assertThat(view.obstacleTo(DerivativeSource.TRUE_LABELS)).isNull();
    }

    @ParameterizedTest(name = "{0} with {1}")
    @MethodSource("withoutDistribution")
    void lossesWithoutDistributionTrainWithTheEmpiricalFisher(LossFunction loss, Activation activation, String name) {
        MultiLayerNetwork network = network(loss, activation, Curvature.EMPIRICAL_FISHER);
        KFacListener.attach(network);
        INDArray before = network.params().dup();
        TestNetworks.fit(
                network,
                TestNetworks.batch(
                        TestNetworks.normal(1, 6, 4),
                        TestNetworks.oneHot(6, 3).muli(0.8).addi(0.1)));
        assertThat(network.params()).isNotEqualTo(before);
    }

    @Test
    void crossEntropiesWithTheOtherOnesActivationHaveNoDistribution() {
        assertThat(OutputDistribution.of(new LossBinaryXENT(), Activation.SOFTMAX.getActivationFunction()))
                .isNull();
        assertThat(OutputDistribution.of(new LossMCXENT(), Activation.SIGMOID.getActivationFunction()))
                .isNull();
    }

    private static MultiLayerNetwork network(LossFunction loss, Activation activation, Curvature curvature) {
        return sequence(
                settings(KFac.builder().curvature(curvature).build()),
                dense(4, 5, Activation.TANH).build(),
                output(5, 3, activation, loss.getILossFunction()).build());
    }
}
