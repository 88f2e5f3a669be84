package io.github.dl4jkfac.capture;

import static io.github.dl4jkfac.TestNetworks.dense;
import static io.github.dl4jkfac.TestNetworks.meanProduct;
import static io.github.dl4jkfac.TestNetworks.output;
import static io.github.dl4jkfac.TestNetworks.sequence;
import static io.github.dl4jkfac.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.TestNetworks;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossNegativeLogLikelihood;
import org.nd4j.linalg.lossfunctions.impl.LossPoisson;

/** Sampled derivatives have mean zero and, as second moment, the Hessian of DL4J's own loss in the pre-activations. */
class OutputDistributionTest {

    private static final int DRAWS = 20_000;
    private static final INDArray WEIGHTS = row(0.5, 2, 1.25);

    /**
     * One loss at one point.
     *
     * @param labels at which the loss's Hessian is the generalised Gauss-Newton matrix; null stands for the prediction itself
     */
    private record Case(
            String name, ILossFunction loss, Activation activation, INDArray z, INDArray labels, INDArray mask) {

        Case(String name, ILossFunction loss, Activation activation, INDArray labels) {
            this(name, loss, activation, row(0.3, -0.8, 1.1), labels, null);
        }

        Case withMask(String suffix, INDArray newMask) {
            return new Case(name + suffix, loss, activation, z, labels, newMask);
        }

        Case at(String suffix, INDArray newZ) {
            return new Case(name + suffix, loss, activation, newZ, labels, mask);
        }

        IActivation function() {
            return activation.getActivationFunction();
        }

        INDArray target() {
            return labels == null ? function().getActivation(z.dup(), true) : labels;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static INDArray row(double... values) {
        return Nd4j.createFromArray(values).reshape('c', 1, values.length);
    }

    static Stream<Case> losses() {
        INDArray second = row(0, 1, 0);
        INDArray perOutput = row(1, 0, 1);
        Case crossEntropy = new Case("MCXENT", new LossMCXENT(), Activation.SOFTMAX, second);
        Case binary = new Case("XENT", new LossBinaryXENT(), Activation.SIGMOID, second);
        Case squared = new Case("MSE", new LossMSE(), Activation.IDENTITY, null);
        Case poisson = new Case("Poisson, softplus", new LossPoisson(), Activation.SOFTPLUS, null);
        return Stream.of(
                crossEntropy,
                crossEntropy.withMask(", sample masked", row(0)),
                crossEntropy.withMask(", sample not masked", row(1)),
                new Case("MCXENT, class weights", new LossMCXENT(WEIGHTS), Activation.SOFTMAX, second),
                new Case("NLL", new LossNegativeLogLikelihood(), Activation.SOFTMAX, second),
                new Case("NLL, class weights", new LossNegativeLogLikelihood(WEIGHTS), Activation.SOFTMAX, second),
                binary,
                binary.withMask(", outputs masked", perOutput),
                new Case("XENT, weights", new LossBinaryXENT(WEIGHTS), Activation.SIGMOID, second),
                squared,
                squared.withMask(", outputs masked", perOutput),
                squared.withMask(", sample masked", row(0)),
                new Case("MSE, weights", new LossMSE(WEIGHTS), Activation.IDENTITY, null),
                new Case("MSE, tanh", new LossMSE(), Activation.TANH, null),
                new Case("MSE, softmax", new LossMSE(), Activation.SOFTMAX, null),
                new Case("MSE, softmax, weights", new LossMSE(WEIGHTS), Activation.SOFTMAX, null),
                new Case("L2", new LossL2(), Activation.IDENTITY, null),
                new Case("L2, weights, tanh", new LossL2(WEIGHTS), Activation.TANH, null),
                new Case("L2, sigmoid, outputs masked", new LossL2(), Activation.SIGMOID, null).withMask("", perOutput),
                new Case("L2, softmax", new LossL2(), Activation.SOFTMAX, null),
                poisson,
                poisson.withMask(", outputs masked", perOutput),
                poisson.at(", larger means", row(2, 12, 45)),
                new Case("Poisson, identity", new LossPoisson(), Activation.IDENTITY, null)
                        .at(", large means", row(3, 400, 20_000)));
    }

    static Stream<Arguments> absoluteErrors() {
        INDArray ones = row(1, 1, 1);
        return Stream.of(
                Arguments.of(new Case("L1", new LossL1(), Activation.IDENTITY, null), ones),
                Arguments.of(new Case("L1, weights", new LossL1(WEIGHTS), Activation.IDENTITY, null), WEIGHTS),
                Arguments.of(new Case("L1, tanh", new LossL1(), Activation.TANH, null), ones),
                Arguments.of(new Case("MAE", new LossMAE(), Activation.IDENTITY, null), ones.div(3)),
                Arguments.of(
                        new Case("MAE, softmax, weights", new LossMAE(WEIGHTS), Activation.SOFTMAX, null),
                        WEIGHTS.div(3)),
                Arguments.of(
                        new Case("MAE, outputs masked", new LossMAE(), Activation.IDENTITY, null)
                                .withMask("", row(1, 0, 1)),
                        row(1, 0, 1).div(3)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void secondMomentIsTheHessianOfTheLoss(Case c) {
        assertMoments(draw(c), hessian(c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("absoluteErrors")
    void secondMomentOfAbsoluteErrorsIsTheFisherMatrixOfTheLaplaceDistribution(Case c, INDArray inverseScales) {
        INDArray jacobian = jacobian(c);
        INDArray root = jacobian.transpose().mulRowVector(inverseScales);
        assertMoments(draw(c), root.mmul(root.transpose()));
    }

    /** The derivative that DL4J itself gives at labels drawn from the model has this second moment too. */
    @Test
    void secondMomentIsThatOfTheLossAtDrawnLabels() {
        Case c = new Case("MCXENT", new LossMCXENT(), Activation.SOFTMAX, row(0, 1, 0));
        INDArray p = c.function().getActivation(c.z.dup(), true);
        INDArray exact = Nd4j.zeros(DataType.DOUBLE, 3, 3);
        for (int k = 0; k < 3; k++) {
            INDArray g = c.loss.computeGradient(
                    Nd4j.eye(3).castTo(DataType.DOUBLE).getRow(k, true), c.z.dup(), c.function(), null);
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

    private static INDArray draw(Case c) {
        INDArray mask = c.mask == null ? null : repeat(c.mask);
        Random random = Nd4j.getRandomFactory().getNewRandomInstance(11);
        return OutputDistribution.of(c.loss, c.function())
                .sampleDerivative(repeat(c.z), repeat(c.target()), mask, random);
    }

    private static INDArray repeat(INDArray row) {
        return Nd4j.ones(DataType.DOUBLE, DRAWS, row.length()).muliRowVector(row);
    }

    /** Central differences of DL4J's score. */
    private static INDArray hessian(Case c) {
        int n = (int) c.z.length();
        INDArray hessian = Nd4j.create(DataType.DOUBLE, n, n);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double hi = step(c.z, i);
                double hj = step(c.z, j);
                double difference = score(c, i, hi, j, hj)
                        - score(c, i, hi, j, -hj)
                        - score(c, i, -hi, j, hj)
                        + score(c, i, -hi, j, -hj);
                hessian.putScalar(i, j, difference / (4 * hi * hj));
            }
        }
        return hessian;
    }

    private static double step(INDArray z, int i) {
        return 1e-3 * Math.max(0.3, Math.abs(z.getDouble(i)));
    }

    private static double score(Case c, int i, double hi, int j, double hj) {
        INDArray z = c.z.dup();
        z.putScalar(i, z.getDouble(i) + hi);
        z.putScalar(j, z.getDouble(j) + hj);
        return c.loss.computeScore(c.target(), z, c.function(), c.mask, false);
    }

    /** Row i: derivative of output i. */
    private static INDArray jacobian(Case c) {
        int n = (int) c.z.length();
        INDArray jacobian = Nd4j.create(DataType.DOUBLE, n, n);
        for (int j = 0; j < n; j++) {
            INDArray up = c.z.dup();
            INDArray down = c.z.dup();
            up.putScalar(j, up.getDouble(j) + 1e-5);
            down.putScalar(j, down.getDouble(j) - 1e-5);
            INDArray column = c.function()
                    .getActivation(up, true)
                    .sub(c.function().getActivation(down, true))
                    .div(2e-5);
            jacobian.putColumn(j, column.reshape('c', n, 1));
        }
        return jacobian;
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
        assertThat(view.obstacleTo(DerivativeSource.MODEL_TARGETS)).contains(name, "'1'", "MCXENT", "softmax");
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
