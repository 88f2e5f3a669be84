package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Options with values that cannot be are refused, by name. */
class BadOptionsTest {

    static Stream<Arguments> badOptions() {
        return Stream.of(
                option(
                        "learningRate",
                        "0.0",
                        "positive",
                        () -> KFac.builder().learningRate(0).build()),
                option(
                        "learningRate",
                        "-0.1",
                        "positive",
                        () -> KFac.builder().learningRate(-0.1).build()),
                option(
                        "learningRate",
                        "NaN",
                        "positive",
                        () -> KFac.builder().learningRate(Double.NaN).build()),
                option(
                        "learningRate",
                        "Infinity",
                        "positive",
                        () -> KFac.builder()
                                .learningRate(Double.POSITIVE_INFINITY)
                                .build()),
                option(
                        "momentum",
                        "-0.1",
                        "[0, 1)",
                        () -> KFac.builder().momentum(-0.1).build()),
                option(
                        "momentum",
                        "1.0",
                        "[0, 1)",
                        () -> KFac.builder().momentum(1).build()),
                option(
                        "momentum",
                        "NaN",
                        "[0, 1)",
                        () -> KFac.builder().momentum(Double.NaN).build()),
                option(
                        "damping",
                        "-1.0",
                        "zero or positive",
                        () -> KFac.builder().damping(-1).build()),
                option(
                        "damping",
                        "NaN",
                        "zero or positive",
                        () -> KFac.builder().damping(Double.NaN).build()),
                option(
                        "klClip",
                        "0.0",
                        "positive",
                        () -> KFac.builder().klClip(0).build()),
                option(
                        "klClip",
                        "-1.0",
                        "positive",
                        () -> KFac.builder().klClip(-1).build()),
                option(
                        "klClip",
                        "NaN",
                        "positive",
                        () -> KFac.builder().klClip(Double.NaN).build()),
                option(
                        "klClip",
                        "Infinity",
                        "positive",
                        () -> KFac.builder().klClip(Double.POSITIVE_INFINITY).build()),
                option(
                        "statisticsInterval",
                        "0",
                        "at least 1",
                        () -> KFac.builder().statisticsInterval(0).build()),
                option(
                        "inverseInterval",
                        "-3",
                        "at least 1",
                        () -> KFac.builder().inverseInterval(-3).build()),
                option(
                        "statisticsDecay",
                        "1.0",
                        "[0, 1)",
                        () -> KFac.builder().statisticsDecay(1).build()),
                option(
                        "statisticsDecay",
                        "-0.5",
                        "[0, 1)",
                        () -> KFac.builder().statisticsDecay(-0.5).build()),
                option(
                        "statisticsFraction",
                        "0.0",
                        "(0, 1]",
                        () -> KFac.builder().statisticsFraction(0).build()),
                option(
                        "statisticsFraction",
                        "1.5",
                        "(0, 1]",
                        () -> KFac.builder().statisticsFraction(1.5).build()),
                option(
                        "maxFactorDimension",
                        "0",
                        "at least 1",
                        () -> KFac.builder().maxFactorDimension(0).build()),
                option(
                        "fallback",
                        "KFac",
                        "Adam",
                        () -> KFac.builder().fallback(new KFac()).build()),
                option(
                        "fallback",
                        "EKFac",
                        "Adam",
                        () -> KFac.builder().fallback(new EKFac()).build()),
                option(
                        "basisInterval",
                        "0",
                        "at least 1",
                        () -> EKFac.builder().basisInterval(0).build()),
                option(
                        "damping",
                        "-1.0",
                        "EKFac",
                        () -> EKFac.builder().damping(-1).build()));
    }

    private static Arguments option(String name, String value, String allowed, ThrowingCallable build) {
        return Arguments.of(name, value, allowed, build);
    }

    @ParameterizedTest(name = "{0} = {1}")
    @MethodSource("badOptions")
    void badOptionsAreNamed(String name, String value, String allowed, ThrowingCallable build) {
        assertThatThrownBy(build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(name)
                .hasMessageContaining(value)
                .hasMessageContaining(allowed);
    }

    @Test
    void missingObjectsAreNamed() {
        assertThatThrownBy(() -> KFac.builder().curvature(null)).hasMessageContaining("curvature");
        assertThatThrownBy(() -> KFac.builder().fallback(null)).hasMessageContaining("fallback");
        assertThatThrownBy(() -> KFac.builder().damping(null)).hasMessageContaining("damping");
        assertThatThrownBy(() -> KFac.builder().learningRate(null)).hasMessageContaining("learningRate");
    }
}
