package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LongestFirstTest {

    @Test
    void sharesAreAboutAsLarge() {
        assertThat(LongestFirst.share(List.of(1.0, 2.0, 3.0, 4.0, 5.0), piece -> piece, 2))
                .containsExactly(List.of(5.0, 2.0, 1.0), List.of(4.0, 3.0));
    }

    @Test
    void whoFindsNothingLeftHasNothing() {
        assertThat(LongestFirst.share(List.of("one"), piece -> 1, 3))
                .containsExactly(List.of("one"), List.of(), List.of());
        assertThat(LongestFirst.share(List.<String>of(), piece -> 1, 1)).containsExactly(List.of());
    }

    @Test
    void piecesOfEqualCostKeepTheirOrder() {
        assertThat(LongestFirst.order(List.of("b", "a", "long"), String::length))
                .containsExactly("long", "b", "a");
    }
}
