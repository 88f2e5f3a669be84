package io.github.dl4jkfac.diagnostics;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;
import static org.assertj.core.data.Percentage.withPercentage;

import io.github.dl4jkfac.testing.TestNetworks;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** The indicator and the exact natural gradient against dense matrices. */
class UpdateQualityTest {

    private final MultiLayerNetwork network = sequence(
            settings(new Sgd(0.1)),
            dense(4, 5, Activation.TANH).build(),
            output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    private final MultiDataSet batch = batch(normal(1, 12, 4), oneHot(12, 3));
    private final FisherProducts fisher = FisherProducts.of(network, batch);
    private final UpdateQuality quality = new UpdateQuality(fisher);
    private final INDArray dense = EnumeratedFisher.of(network, batch, EnumeratedFisher.CLASSES);
    private final INDArray gradient = fisher.gradient();

    private INDArray direction(long seed) {
        return normal(seed, 1, network.numParams());
    }

    private static double inner(INDArray a, INDArray b) {
        return TestNetworks.inner(a, b);
    }

    @Test
    void theIndicatorIsItsDefinition() {
        INDArray d = direction(5);
        double expected = Math.sqrt(inner(d.mmul(dense), d)) / Math.abs(inner(d, gradient));
        assertThat(quality.indicator(d)).isCloseTo(expected, withPercentage(1e-5));
        double ofGradient = Math.sqrt(inner(gradient.mmul(dense), gradient)) / inner(gradient, gradient);
        assertThat(quality.ofGradient()).isCloseTo(ofGradient, withPercentage(1e-5));
        assertThat(quality.relative(d)).isCloseTo(expected / ofGradient, withPercentage(1e-5));
        assertThat(quality.relative(gradient)).isCloseTo(1, withPercentage(1e-7));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, 1e-6, 1e6})
    void lengthAndSignDoNotMatter(double scale) {
        INDArray d = direction(5);
        assertThat(quality.indicator(d.mul(scale))).isCloseTo(quality.indicator(d), withPercentage(1e-5));
    }

    /** F is singular along the constant logits, so the minimum is taken with a vanishing damping. */
    @Test
    void theNaturalGradientHasTheLeastIndicator() {
        INDArray natural = gradient.mmul(inverse(plusDiagonal(dense, 1e-9)));
        double least = quality.indicator(natural);
        assertThat(least).isCloseTo(1 / Math.sqrt(inner(gradient, natural)), withPercentage(1e-3));
        double length = natural.norm2Number().doubleValue();
        for (int seed = 0; seed < 30; seed++) {
            INDArray change = direction(100 + seed).muli(length * Math.pow(10, -seed % 4) / Math.sqrt(dense.size(0)));
            assertThat(quality.indicator(natural.add(change))).isGreaterThan(least);
        }
        assertThat(quality.relative(natural)).isLessThan(1);
    }

    /** The best decrease of 1/2 d^T F d - g.d along d is 1 / (2 q^2). */
    @Test
    void theIndicatorTellsTheBestDecreaseOfTheQuadraticModel() {
        INDArray d = gradient.add(direction(5).muli(0.05));
        double best = inner(d, gradient) / inner(d.mmul(dense), d);
        double decrease = best * inner(d, gradient) - 0.5 * best * best * inner(d.mmul(dense), d);
        assertThat(decrease).isCloseTo(0.5 / Math.pow(quality.indicator(d), 2), withPercentage(1e-5));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 1e-2, 1e-4})
    void conjugateGradientsSolveTheDampedSystem(double damping) {
        var solution = new ExactNaturalGradient(damping, 500, 1e-7).solve(fisher);
        INDArray expected = gradient.mmul(inverse(plusDiagonal(dense, damping)));
        assertThat(error(solution.direction(), expected)).isLessThan(1e-4);
        assertThat(solution.residual()).isLessThanOrEqualTo(1e-7);
        INDArray residual = gradient.sub(solution.direction().mmul(plusDiagonal(dense, damping)));
        assertThat(residual.norm2Number().doubleValue() / gradient.norm2Number().doubleValue())
                .isLessThan(1e-6);
    }

    @Test
    void conjugateGradientsStopWhenTheyAreTold() {
        var few = new ExactNaturalGradient(1e-4, 3, 0).solve(fisher);
        assertThat(few.iterations()).isEqualTo(3);
        assertThat(few.residual()).isGreaterThan(1e-6);
        var rough = new ExactNaturalGradient(1, 500, 0.5).solve(fisher);
        assertThat(rough.iterations()).isLessThan(5);
        INDArray other = direction(5);
        var solved = new ExactNaturalGradient(0.1, 500, 1e-8).solve(fisher, other);
        assertThat(error(solved.direction(), other.mmul(inverse(plusDiagonal(dense, 0.1)))))
                .isLessThan(1e-6);
        var none = new ExactNaturalGradient(0.1, 500, 1e-8).solve(fisher, Nd4j.zeros(1, fisher.parameters()));
        assertThat(none.direction().norm2Number().doubleValue()).isZero();
        assertThat(none.iterations()).isZero();
        assertThat(none.residual()).isZero();
    }

    /** One linear layer with squared error: undamped, the natural gradient leads to the least squares. */
    @Test
    void theNaturalGradientOfALinearModelEndsAtTheLeastSquares() {
        Model linear = sequence(
                settings(new Sgd(0.1)),
                output(3, 2, Activation.IDENTITY, new LossL2()).build());
        INDArray x = normal(1, 9, 3);
        INDArray y = normal(2, 9, 2);
        FisherProducts products = FisherProducts.of(linear, batch(x, y));
        INDArray step = new ExactNaturalGradient(0, 100, 1e-10).solve(products).direction();
        FisherProducts there = products.at(
                products.at(linear.params()).learned(linear.params()).sub(step));
        assertThat(there.gradient().norm2Number().doubleValue()
                        / products.gradient().norm2Number().doubleValue())
                .isLessThan(1e-7);
    }

    @Test
    void cosines() {
        INDArray d = direction(5);
        assertThat(UpdateQuality.cosine(d, d.mul(3))).isCloseTo(1, offset(1e-12));
        assertThat(UpdateQuality.cosine(d, d.neg())).isCloseTo(-1, offset(1e-12));
        INDArray a = Nd4j.createFromArray(1f, 0f, 1f);
        INDArray b = Nd4j.createFromArray(new double[][] {{1}, {5}, {-1}});
        assertThat(UpdateQuality.cosine(a, b)).isCloseTo(0, offset(1e-12));
        assertThat(UpdateQuality.cosine(a, Nd4j.zeros(3))).isNaN();
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new ExactNaturalGradient(-1, 10, 1e-3)).hasMessageContaining("-1");
        assertThatThrownBy(() -> new ExactNaturalGradient(Double.NaN, 10, 1e-3)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new ExactNaturalGradient(1, 0, 1e-3)).hasMessageContaining("0");
        assertThatThrownBy(() -> new ExactNaturalGradient(1, 10, Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> quality.indicator(Nd4j.ones(3))).hasMessageContaining("length 3");
    }
}
