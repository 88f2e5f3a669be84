package io.github.dl4jkfac.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.state.ScalarsInMemory;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which losses count as falling. */
class LossWatchTest {

    private static final int STEPS = 1000;
    private static final int SEEDS = 20;

    /** The share after many losses. */
    private static double share(IntToDoubleFunction losses) {
        LossWatch watch = new LossWatch(ScalarsInMemory.create());
        for (int i = 0; i < STEPS; i++) {
            watch.see(losses.applyAsDouble(i));
        }
        return watch.share();
    }

    /** How often the steps are halved, on average over many sequences. */
    private static double halvings(IntToDoubleFunction level, double noise) {
        double sum = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            double share = share(i -> level.applyAsDouble(i) * (1 + noise * random.nextGaussian()));
            sum -= Math.log(share) / Math.log(2);
        }
        return sum / SEEDS;
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-9, 1, 1e9})
    void lossesThatFallLeaveTheStepsAlone(double scale) {
        assertThat(halvings(i -> scale * Math.exp(-i / 300.0), 0.03)).isZero();
    }

    /** A window of 15 losses falls by no more than their noise here; then the windows have grown, and no longer err. */
    @Test
    void noiseShortensThemALittleWhereLossesFallSlowly() {
        assertThat(halvings(i -> Math.exp(-i / 300.0), 0.1)).isLessThan(1.5);
        assertThat(halvings(i -> Math.exp(-i / 300.0), 0.3)).isLessThan(3.5);
    }

    /** The windows grow, so that there is room for few of them. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-9, 1, 1e9, -1})
    void lossesThatHaveComeToRestShortenThem(double scale) {
        assertThat(halvings(i -> scale, 0.3)).isBetween(4.0, 8.0);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void lossesThatAreNotFiniteAreNotCounted(double bad) {
        assertThat(share(i -> i % 7 == 0 ? bad : 1000 - i)).isEqualTo(1);
    }
}
