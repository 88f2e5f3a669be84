package io.github.dl4jkfac.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.state.ScalarsInMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is learnt from a step's squared length on the next batch. Worked out by hand. */
class FreshCurvatureTest {

    /** U^T G U = 8, U^T G m = 1, m^T G m = 2: with alpha = 1/2 and mu = 1/4, 2 of 2.375 are U's. */
    private static final QuadraticModel OWN = new QuadraticModel(4, 1, 8, 1, 2);

    private static final double REST = 2 * 0.5 * 0.25 * 1 + 0.25 * 0.25 * 2;

    private final FreshCurvature fresh = new FreshCurvature(ScalarsInMemory.create(), false);

    private void see(double share) {
        fresh.taken(OWN, 0.5, 0.25);
        fresh.see(2 * share + REST);
    }

    @Test
    void nothingMeasuredIsTheWhole() {
        assertThat(fresh.share()).isEqualTo(1);
        fresh.see(5); // no step has been taken
        assertThat(fresh.share()).isEqualTo(1);
    }

    @Test
    void aShareIsSeenApartFromTheMomentum() {
        see(0.1);
        assertThat(fresh.share()).isCloseTo(0.2, within(1e-6)); // cautiously twice as much
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 0.6, 1, 100})
    void halfAndMoreIsTheWhole(double share) {
        see(share);
        assertThat(fresh.share()).isCloseTo(1, within(1e-6));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -3, 1e-5})
    void oneBatchIsNotBelievedToShowNothing(double share) {
        see(share);
        assertThat(fresh.share()).isCloseTo(0.02, within(1e-6));
    }

    @Test
    void logarithmsAreAveraged() {
        see(0.1);
        see(0.4);
        assertThat(fresh.share()).isCloseTo(2 * 0.2, within(1e-6));
    }

    @Test
    void theAverageForgets() {
        for (int i = 0; i < 30; i++) {
            see(0.4);
        }
        see(0.1);
        assertThat(fresh.share()).isCloseTo(0.8 * Math.pow(0.25, 0.2), within(1e-5));
    }

    @Test
    void stepsThatWereNotMeasuredOrAreMostlyMomentumTellNothing() {
        fresh.taken(OWN, 0.5, 0.25);
        fresh.takenUnmeasured();
        fresh.see(0.1);
        fresh.taken(OWN, 0.1, 1);
        fresh.see(0.1);
        fresh.taken(OWN, 0.5, 0.25);
        fresh.see(Double.POSITIVE_INFINITY);
        assertThat(fresh.share()).isEqualTo(1);
    }

    @Test
    void switchedOffItIsTheWhole() {
        FreshCurvature off = new FreshCurvature(ScalarsInMemory.create(), true);
        off.taken(OWN, 0.5, 0.25);
        off.see(0.3);
        assertThat(off.share()).isEqualTo(1);
    }
}
