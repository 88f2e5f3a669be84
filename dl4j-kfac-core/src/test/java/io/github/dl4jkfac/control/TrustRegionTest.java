package io.github.dl4jkfac.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.state.ScalarsInMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the bound of steps follows what they do. */
class TrustRegionTest {

    private static TrustRegion region(double firstLoss) {
        TrustRegion region = new TrustRegion(ScalarsInMemory.create());
        region.see(firstLoss, firstLoss);
        return region;
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-6, 1, 1e10})
    void itsFirstBoundIsInUnitsOfTheLoss(double loss) {
        TrustRegion region = region(loss);
        region.see(100 * loss, 100 * loss);
        assertThat(region.bound()).isCloseTo(0.1 * loss, within(1e-6 * loss));
        assertThat(region.inside(1, 0.4 * loss)).isCloseTo(0.5, within(1e-6));
        assertThat(region.inside(0.3, 0.4 * loss)).isEqualTo(0.3);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -3})
    void aLossThatIsNotPositiveSetsNoBound(double loss) {
        TrustRegion region = region(loss);
        assertThat(region.inside(1, 1e30)).isEqualTo(1);
        region.follow(0, 5);
        assertThat(region.bound()).isInfinite();
    }

    @Test
    void itGrowsWhereStepsUpToItsRimKeepTheirPromise() {
        TrustRegion region = region(10);
        region.follow(0.9, 1);
        assertThat(region.bound()).isCloseTo(1.5, within(1e-6));
        region.follow(0.9, 0.1); // far from the rim
        region.follow(0.5, 1.5);
        assertThat(region.bound()).isCloseTo(1.5, within(1e-6));
    }

    @Test
    void itDoesNotGrowBeyondTwiceTheScore() {
        TrustRegion region = region(10);
        region.see(10, -0.6);
        region.follow(0.9, 1);
        assertThat(region.bound()).isCloseTo(1.2, within(1e-6));
        region.see(10, 0.1); // an easy batch takes nothing away
        region.follow(0.9, 1.2);
        assertThat(region.bound()).isCloseTo(1.2, within(1e-6));
    }

    @Test
    void itShrinksWhereTheyDoNot() {
        TrustRegion region = region(10);
        region.follow(0.1, 1);
        assertThat(region.bound()).isCloseTo(1 / 1.5, within(1e-6));
        region.follow(0.1, 1e-9);
        assertThat(region.bound()).isCloseTo(1 / (1.5 * 1.5 * 16), within(1e-6));
        region.shrinkTo(1e-4);
        assertThat(region.bound()).isCloseTo(1e-4, within(1e-9));
        region.shrinkTo(0);
        assertThat(region.bound()).isPositive();
    }
}
