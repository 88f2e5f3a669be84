package io.github.dl4jkfac.control;

import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The model's formulas against the quadratic function that they are made of. */
class QuadraticModelTest {

    private final INDArray v = normal(1, 6, 1);
    private final INDArray root = normal(2, 6, 6);
    private final INDArray g = root.mmul(root.transpose());

    private QuadraticModel model(INDArray u, INDArray m) {
        return new QuadraticModel(
                inner(u, v), inner(m, v), inner(u, g.mmul(u)), inner(u, g.mmul(m)), inner(m, g.mmul(m)));
    }

    private double fall(INDArray d) {
        return inner(d, v) - inner(d, g.mmul(d)) / 2;
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 4, 5})
    void noStepOfTheTwoDirectionsFallsDeeperThanTheBest(long seed) {
        INDArray u = normal(seed, 6, 1);
        INDArray m = normal(seed + 10, 6, 1);
        QuadraticModel model = model(u, m);
        double mu = model.bestMomentum();
        double alpha = model.bestRate(mu);
        double best = model.decrease(alpha, mu);
        assertThat(best).isCloseTo(fall(u.mul(alpha).add(m.mul(mu))), offset(1e-9));
        // at the minimum half of what is promised to first order is left (math: M(d) - M(0) = <grad, d> / 2)
        assertThat(best).isCloseTo((alpha * model.slope() + mu * model.lastSlope()) / 2, offset(1e-9));
        for (double[] other : new double[][] {{0.01, 0}, {-0.01, 0}, {0, 0.01}, {0, -0.01}, {0.01, -0.01}}) {
            assertThat(fall(u.mul(alpha + other[0]).add(m.mul(mu + other[1])))).isLessThan(best);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5, -0.3})
    void theBestRateIsThatForItsMomentum(double mu) {
        INDArray u = normal(3, 6, 1);
        INDArray m = normal(4, 6, 1);
        QuadraticModel model = model(u, m);
        double alpha = model.bestRate(mu);
        INDArray d = u.mul(alpha).add(m.mul(mu));
        assertThat(model.squaredLength(alpha, mu)).isCloseTo(inner(d, g.mmul(d)), offset(1e-9));
        for (double change : new double[] {0.01, -0.01}) {
            assertThat(fall(d.add(u.mul(change)))).isLessThan(fall(d));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -2})
    void momentumThatPointsAlongTheUpdateIsLeftOut(double factor) {
        INDArray u = normal(3, 6, 1);
        assertThat(model(u, u.mul(factor)).bestMomentum()).isZero();
    }
}
