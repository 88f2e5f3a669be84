package io.github.dl4jkfac.step;

import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class FisherAdamRuleTest {

    private static final FisherAdamRule USUAL = new FisherAdamRule(0.9, 0.999, 0.5, 1, 1e-8, 1e-8, 0.01);
    private static final int LENGTH = 7;

    /** One tensor and what is kept of it, in the middle of larger arrays. */
    private static final class Tensor {
        private final DataType type;
        private final INDArray momentum;
        private final INDArray fisher;
        private long steps;

        Tensor(DataType type) {
            this.type = type;
            this.momentum = part(Nd4j.zeros(type, 3 * LENGTH));
            this.fisher = part(Nd4j.zeros(type, 3 * LENGTH));
        }

        private static INDArray part(INDArray large) {
            return large.get(NDArrayIndex.interval(LENGTH, 2 * LENGTH));
        }

        INDArray step(FisherAdamRule rule, INDArray gradient, INDArray parameters) {
            INDArray all = Nd4j.zeros(type, 3 * LENGTH);
            INDArray direction = part(all).assign(gradient);
            INDArray theta = part(Nd4j.zeros(type, 3 * LENGTH)).assign(parameters);
            rule.apply(
                    direction,
                    theta,
                    momentum,
                    fisher,
                    ++steps,
                    Nd4j.valueArrayOf(new long[] {LENGTH}, Double.NaN, type));
            assertThat(theta.castTo(DataType.DOUBLE)).as("parameters unchanged").isEqualTo(typed(parameters));
            assertThat(all.norm1Number().doubleValue())
                    .as("nothing written beside it")
                    .isEqualTo(direction.norm1Number().doubleValue());
            return direction;
        }

        private INDArray typed(INDArray array) {
            return array.castTo(type).castTo(DataType.DOUBLE);
        }
    }

    private static INDArray vector(double... entries) {
        return Nd4j.createFromArray(entries);
    }

    static Stream<FisherAdamRule> rules() {
        return Stream.of(
                USUAL,
                new FisherAdamRule(0.9, 0.999, 0.5, 1, 1e-8, 1e-2, 0),
                new FisherAdamRule(0, 0.9, 0.5, 0.3, 1e-8, 1e-8, 0.5),
                new FisherAdamRule(0.5, 0, 0.5, 10, 1e-3, 1e-1, 0.1),
                new FisherAdamRule(0.9, 0.99, 1, 1, 1e-8, 1e-8, 0.01),
                new FisherAdamRule(0.9, 0.99, 0.25, 2, 1, 1, 0.01));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void stepsAreThoseOfThePlainComputation(FisherAdamRule rule) {
        Tensor tensor = new Tensor(DataType.DOUBLE);
        FisherAdamReference reference = new FisherAdamReference(rule, LENGTH);
        for (int k = 0; k < 20; k++) {
            INDArray g = normal(k, LENGTH).muli(Math.pow(10, k % 5 - 3));
            INDArray theta = normal(100 + k, LENGTH);
            double[] expected = reference.direction(g.toDoubleVector(), theta.toDoubleVector());
            assertThat(tensor.step(rule, g, theta).toDoubleVector())
                    .as("step %d", k)
                    .containsExactly(expected, within(1e-12));
        }
    }

    /** b_1 = 0: f = g^2 and so the natural gradient is the sign, whose RMS is 1. */
    @Test
    void theFirstNaturalGradientIsTheSign() {
        Tensor tensor = new Tensor(DataType.DOUBLE);
        INDArray g = vector(1, -2, 3, -0.5, 0.25, 10, -7);
        INDArray direction = tensor.step(new FisherAdamRule(0.9, 0.999, 0.5, 1, 1e-8, 1e-8, 0), g, normal(1, LENGTH));
        assertThat(tensor.fisher.toDoubleVector()).containsExactly(g.mul(g).toDoubleVector(), within(1e-14));
        assertThat(direction.toDoubleVector())
                .containsExactly(new double[] {0.1, -0.1, 0.1, -0.1, 0.1, 0.1, -0.1}, within(1e-7));
    }

    /** b_2 = beta2 (1 - beta2) / (1 - beta2^2) = beta2 / (1 + beta2): f is the weighted mean of both squares. */
    @Test
    void theFisherMatrixIsBiasCorrected() {
        Tensor tensor = new Tensor(DataType.DOUBLE);
        FisherAdamRule rule = new FisherAdamRule(0.9, 0.6, 0.5, 1, 1e-8, 1e-8, 0);
        tensor.step(rule, Nd4j.valueArrayOf(new long[] {LENGTH}, 2.0, DataType.DOUBLE), normal(1, LENGTH));
        tensor.step(rule, Nd4j.valueArrayOf(new long[] {LENGTH}, 4.0, DataType.DOUBLE), normal(1, LENGTH));
        assertThat(tensor.fisher.getDouble(0)).isCloseTo((0.6 * 4 + 16) / 1.6, within(1e-12));
    }

    /** A gradient 100 times as large as the Fisher matrix expects would be a step of RMS near 10. */
    @Test
    void anOutlierIsClipped() {
        Tensor tensor = new Tensor(DataType.DOUBLE);
        FisherAdamRule rule = new FisherAdamRule(0, 0.99, 0.5, 1, 1e-8, 1e-8, 0);
        for (int k = 0; k < 200; k++) {
            tensor.step(rule, normal(k, LENGTH), normal(1, LENGTH));
        }
        INDArray direction = tensor.step(rule, normal(7, LENGTH).mul(100), normal(1, LENGTH));
        assertThat(rms(direction)).isCloseTo(1, within(1e-12));
    }

    private static double rms(INDArray x) {
        return x.norm2Number().doubleValue() / Math.sqrt(x.length());
    }

    /** Weight decay moves the weights by lambda per learning rate at most, whatever the size of the gradients. */
    @Test
    void weightDecayIsPreconditionedAndClipped() {
        Tensor tensor = new Tensor(DataType.DOUBLE);
        INDArray theta = normal(1, LENGTH);
        INDArray g = normal(2, LENGTH).muli(1e-6);
        INDArray direction = tensor.step(new FisherAdamRule(0.9, 0.999, 0.5, 1, 1e-8, 1e-8, 0.5), g, theta);
        INDArray decay = direction.sub(tensor.momentum);
        assertThat(rms(decay)).isCloseTo(0.5, within(1e-12));
        for (int i = 0; i < LENGTH; i++) {
            assertThat(Math.signum(decay.getDouble(i))).isEqualTo(Math.signum(theta.getDouble(i)));
        }
        // where the gradient is small, the weight decays much
        assertThat(decay.getDouble(0) / decay.getDouble(1))
                .isCloseTo(
                        theta.getDouble(0) / Math.abs(g.getDouble(0)) / (theta.getDouble(1) / Math.abs(g.getDouble(1))),
                        within(1e-6));
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE"})
    void whatHasNeverHadAGradientStays(DataType type) {
        Tensor tensor = new Tensor(type);
        for (int k = 0; k < 3; k++) {
            INDArray direction = tensor.step(USUAL, Nd4j.zeros(DataType.DOUBLE, LENGTH), normal(1, LENGTH));
            assertThat(direction.toDoubleVector()).containsOnly(0);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE"})
    void gradientsOfAnySizeGiveFiniteSteps(DataType type) {
        for (double scale : new double[] {1e-44, 1e-30, 1e-20, 1e-10, 1, 1e10, 1e18}) {
            Tensor tensor = new Tensor(type);
            for (int k = 0; k < 5; k++) {
                INDArray g = normal(k, LENGTH).muli(scale);
                g.putScalar(3, 0); // a dead entry among live ones
                INDArray direction = tensor.step(USUAL, g, normal(1, LENGTH));
                assertThat(direction.norm2Number().doubleValue()).isFinite().isLessThan(10);
            }
        }
    }

    @Test
    void floatsDoAsWellAsDoubles() {
        Tensor single = new Tensor(DataType.FLOAT);
        Tensor exact = new Tensor(DataType.DOUBLE);
        for (int k = 0; k < 10; k++) {
            INDArray g = normal(k, LENGTH);
            INDArray theta = normal(100 + k, LENGTH);
            assertThat(single.step(USUAL, g, theta).toDoubleVector())
                    .containsExactly(exact.step(USUAL, g, theta).toDoubleVector(), within(1e-5));
        }
    }

    @Test
    void impossibleOptionsAreRefused() {
        refuses("beta1", 1, () -> new FisherAdamRule(1, 0.9, 0.5, 1, 1e-8, 1e-8, 0));
        refuses("beta2", -0.1, () -> new FisherAdamRule(0.9, -0.1, 0.5, 1, 1e-8, 1e-8, 0));
        refuses("exponent", 0, () -> new FisherAdamRule(0.9, 0.9, 0, 1, 1e-8, 1e-8, 0));
        refuses("exponent", 1.5, () -> new FisherAdamRule(0.9, 0.9, 1.5, 1, 1e-8, 1e-8, 0));
        refuses("clip", 0, () -> new FisherAdamRule(0.9, 0.9, 0.5, 0, 1e-8, 1e-8, 0));
        refuses("epsilon", 0, () -> new FisherAdamRule(0.9, 0.9, 0.5, 1, 0, 1e-8, 0));
        refuses("epsilon2", Double.NaN, () -> new FisherAdamRule(0.9, 0.9, 0.5, 1, 1e-8, Double.NaN, 0));
        refuses("weightDecay", -1, () -> new FisherAdamRule(0.9, 0.9, 0.5, 1, 1e-8, 1e-8, -1));
    }

    private static void refuses(String option, double value, Runnable creation) {
        assertThatThrownBy(creation::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(option + " must be", "got " + value);
    }
}
