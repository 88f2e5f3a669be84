package io.github.dl4jkfac.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.state.ScalarsInMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How dampings follow the scale of the loss. */
class DampingFactorTest {

    private final DampingFactor factor = new DampingFactor(ScalarsInMemory.create());

    /** A softmax over a hundred classes bends by 0.01, two squared errors by 4. */
    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.25, 4, 0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void usualLossesLeaveItAtOne(double curvature) {
        factor.calibrate(curvature);
        assertThat(factor.get()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"4e4, 1e4", "1e-5, 1e-3"})
    void othersChangeItInProportion(double curvature, double expected) {
        factor.calibrate(curvature);
        assertThat(factor.get()).isCloseTo(expected, within(1e-6 * expected));
    }

    @Test
    void itIsCalibratedOnce() {
        factor.calibrate(4e4);
        factor.calibrate(4e6);
        assertThat(factor.get()).isCloseTo(1e4, within(1e-2));
    }
}
