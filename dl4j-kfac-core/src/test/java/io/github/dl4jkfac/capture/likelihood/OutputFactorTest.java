package io.github.dl4jkfac.capture.likelihood;

import static io.github.dl4jkfac.capture.likelihood.LossCase.row;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.BaseActivationFunction;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossPoisson;

/** B B^T is the Hessian of DL4J's own loss in the pre-activations, the exact second moment of what the distributions draw. */
class OutputFactorTest {

    private static final int C = 3;

    /** Targets with their probabilities: with the first two moments of the loss's predictive distribution. */
    private record Target(INDArray y, double probability) {}

    /** H = sum over the targets of probability * w g g^T, g = DL4J's own dL/dz. */
    private record Enumerated(
            String name, ILossFunction loss, IActivation activation, INDArray z, List<Target> targets, double weight) {

        INDArray hessian() {
            INDArray hessian = Nd4j.zeros(DataType.DOUBLE, C, C);
            for (Target target : targets) {
                INDArray g = loss.computeGradient(target.y.dup(), z.dup(), activation, null);
                hessian.addi(g.transpose().mmul(g).mul(target.probability * weight));
            }
            return hessian;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final INDArray Z = row(0.3, -0.8, 1.1);

    static Stream<Enumerated> enumerated() {
        INDArray weights = row(0.5, 2, 1.25);
        INDArray ones = row(1, 1, 1);
        IActivation softmax = Activation.SOFTMAX.getActivationFunction();
        IActivation sigmoid = Activation.SIGMOID.getActivationFunction();
        INDArray p = softmax.getActivation(Z.dup(), true);
        return Stream.of(
                new Enumerated("MCXENT", new LossMCXENT(), softmax, Z, classes(p), 1),
                new Enumerated("MCXENT of probabilities", new LossMCXENT(), new ActivationIdentity(), p, classes(p), 1),
                new Enumerated("XENT", new LossBinaryXENT(), sigmoid, Z, coins(output(sigmoid)), 1),
                aroundTheOutput("L2", new LossL2(), Activation.IDENTITY.getActivationFunction(), ones.mul(0.5)),
                aroundTheOutput("MSE", new LossMSE(), Activation.IDENTITY.getActivationFunction(), ones.mul(C / 2.0)),
                aroundTheOutput("MSE, tanh", new LossMSE(), Activation.TANH.getActivationFunction(), ones.mul(C / 2.0)),
                aroundTheOutput("L2, softmax", new LossL2(), softmax, ones.mul(0.5)),
                aroundTheOutput("L2, softmax, weights", new LossL2(weights), softmax, weights.rdiv(0.5)),
                aroundTheOutput("MSE, mixed", new LossMSE(), new Mixing(), ones.mul(C / 2.0)),
                aroundTheOutput("Poisson", new LossPoisson(), sigmoid, output(sigmoid)),
                signs("L1", new LossL1()),
                signs("MAE, weights", new LossMAE(weights)));
    }

    private static INDArray output(IActivation activation) {
        return activation.getActivation(Z.dup(), true);
    }

    private static INDArray unit(int i) {
        INDArray unit = Nd4j.zeros(DataType.DOUBLE, 1, C);
        unit.putScalar(0, i, 1);
        return unit;
    }

    private static List<Target> classes(INDArray p) {
        List<Target> targets = new ArrayList<>();
        for (int c = 0; c < C; c++) {
            targets.add(new Target(unit(c), p.getDouble(c)));
        }
        return targets;
    }

    /** All combinations of independent outcomes 0 and 1. */
    private static List<Target> coins(INDArray p) {
        List<Target> targets = new ArrayList<>();
        for (int outcome = 0; outcome < 1 << C; outcome++) {
            INDArray y = Nd4j.zeros(DataType.DOUBLE, 1, C);
            double probability = 1;
            for (int c = 0; c < C; c++) {
                boolean heads = (outcome >> c & 1) == 1;
                y.putScalar(0, c, heads ? 1 : 0);
                probability *= heads ? p.getDouble(c) : 1 - p.getDouble(c);
            }
            targets.add(new Target(y, probability));
        }
        return targets;
    }

    /** Derivatives that are linear in y depend on mean and variances of y only: two points for each output have these. */
    private static Enumerated aroundTheOutput(
            String name, ILossFunction loss, IActivation activation, INDArray variances) {
        List<Target> targets = new ArrayList<>();
        for (int i = 0; i < C; i++) {
            INDArray away = unit(i).mul(Math.sqrt(C * variances.getDouble(i)));
            targets.add(new Target(output(activation).add(away), 0.5 / C));
            targets.add(new Target(output(activation).sub(away), 0.5 / C));
        }
        return new Enumerated(name, loss, activation, Z, targets, 1);
    }

    /** Of absolute errors only the signs matter, which are fair coins. */
    private static Enumerated signs(String name, ILossFunction loss) {
        IActivation tanh = Activation.TANH.getActivationFunction();
        List<Target> targets = coins(row(0.5, 0.5, 0.5)).stream()
                .map(target -> new Target(output(tanh).add(target.y.mul(2).sub(1)), target.probability))
                .toList();
        return new Enumerated(name, loss, tanh, Z, targets, 1);
    }

    /** o = z M, whose Jacobian is not symmetric. */
    private static final class Mixing extends BaseActivationFunction {

        private static final long serialVersionUID = 1L;

        private static INDArray matrix() {
            return normal(5, C, C);
        }

        @Override
        public INDArray getActivation(INDArray in, boolean training) {
            return in.assign(in.mmul(matrix()));
        }

        @Override
        public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
            return new Pair<>(epsilon.mmul(matrix().transpose()), null);
        }
    }

    /** B, from its products with the unit vectors. */
    private static INDArray factor(OutputDistribution distribution, INDArray z, INDArray labels, INDArray mask) {
        INDArray columns = distribution.factor(
                repeat(z),
                repeat(labels),
                mask == null ? null : repeat(mask),
                Nd4j.eye(C).castTo(DataType.DOUBLE));
        return columns.transpose();
    }

    private static INDArray repeat(INDArray row) {
        return Nd4j.ones(DataType.DOUBLE, C, row.length()).muliRowVector(row);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("enumerated")
    void squareIsTheSecondMomentOfTheDerivativeAtTheModelsTargets(Enumerated c) {
        INDArray b = factor(OutputDistribution.of(c.loss, c.activation), c.z, unit(0), null);
        assertThat(error(b.mmul(b.transpose()), c.hessian())).isLessThan(1e-10);
    }

    @Test
    void classWeightsScaleTheHessianByTheWeightOfTheTrueClass() {
        INDArray weights = row(0.5, 2, 1.25);
        IActivation softmax = Activation.SOFTMAX.getActivationFunction();
        INDArray p = output(softmax);
        for (int label = 0; label < C; label++) {
            INDArray expected =
                    new Enumerated("", new LossMCXENT(), softmax, Z, classes(p), weights.getDouble(label)).hessian();
            INDArray b = factor(OutputDistribution.of(new LossMCXENT(weights), softmax), Z, unit(label), null);
            assertThat(error(b.mmul(b.transpose()), expected)).isLessThan(1e-10);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.github.dl4jkfac.capture.likelihood.LossCase#losses")
    void squareIsTheHessianOfTheLoss(LossCase c) {
        INDArray b = factor(OutputDistribution.of(c.loss(), c.function()), c.z(), c.target(), c.mask());
        INDArray hessian = c.hessian();
        assertThat(b.mmul(b.transpose()).sub(hessian).norm2Number().doubleValue())
                .isLessThan(1e-5 * hessian.norm2Number().doubleValue() + 1e-12);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.github.dl4jkfac.capture.likelihood.LossCase#absoluteErrors")
    void squareForAbsoluteErrorsIsTheFisherMatrix(LossCase c, INDArray inverseScales) {
        INDArray b = factor(OutputDistribution.of(c.loss(), c.function()), c.z(), c.target(), c.mask());
        assertThat(error(b, c.jacobian().transpose().mulRowVector(inverseScales)))
                .isLessThan(1e-8);
    }

    /** E|g|^4, which the variance of g g^T grows with: for a model that is sure, a rare class drawn has a derivative near 1. */
    @Test
    void signsVaryLessThanDrawnClassesWhereTheModelIsSure() {
        IActivation softmax = Activation.SOFTMAX.getActivationFunction();
        INDArray z = row(6, 0, -1);
        INDArray p = softmax.getActivation(z.dup(), true);
        INDArray b = factor(OutputDistribution.of(new LossMCXENT(), softmax), z, unit(0), null);
        double ofDraws = 0;
        for (Target target : classes(p)) {
            INDArray g = p.sub(target.y);
            ofDraws += target.probability * Math.pow(inner(g, g), 2);
        }
        double ofSigns = 0;
        for (Target signs : coins(row(0.5, 0.5, 0.5))) {
            INDArray g = signs.y.mul(2).sub(1).mmul(b.transpose());
            ofSigns += signs.probability * Math.pow(inner(g, g), 2);
        }
        assertThat(ofSigns).isLessThan(0.1 * ofDraws);
    }

    static Stream<LossCase> allLosses() {
        return Stream.concat(LossCase.losses(), LossCase.absoluteErrors().map(arguments ->
                (LossCase) arguments.get()[0]));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("allLosses")
    void transposedIsTheAdjoint(LossCase c) {
        assertAdjoint(OutputDistribution.of(c.loss(), c.function()), c.z(), c.target(), c.mask());
    }

    @Test
    void transposedIsTheAdjointWhereTheJacobianIsNotSymmetric() {
        assertAdjoint(OutputDistribution.of(new LossL2(), new Mixing()), Z, unit(0), row(1, 0, 1));
    }

    private static void assertAdjoint(OutputDistribution distribution, INDArray z, INDArray labels, INDArray mask) {
        INDArray allMasks = mask == null ? null : repeat(mask);
        INDArray v = normal(1, C, C);
        INDArray q = normal(2, C, C);
        INDArray kept = q.dup();
        INDArray forward = distribution.factor(repeat(z), repeat(labels), allMasks, v);
        INDArray backward = distribution.factorTransposed(repeat(z), repeat(labels), allMasks, q);
        assertThat(inner(backward, v)).isCloseTo(inner(forward, q), org.assertj.core.data.Offset.offset(1e-12));
        assertThat(q).isEqualTo(kept);
    }
}
