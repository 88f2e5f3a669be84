package io.github.dl4jkfac.examples.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

class UpdatesTest {

    @Test
    void findsTheNumbersThatTheUpdatesWereMadeOf() {
        Updates made = new Updates(20, 3000);
        Updates found = Updates.of(Map.of(10, made.at(10), 100, made.at(100), 1000, made.at(1000)));
        assertThat(found.least()).isCloseTo(20, within(1e-9));
        assertThat(found.noise()).isCloseTo(3000, within(1e-6));
    }

    @Test
    void neitherNumberIsNegative() {
        Updates constant = Updates.of(Map.of(64, 1410.0, 1024, 1463.0, 4096, 1403.0));
        assertThat(constant.noise()).isNotNegative();
        assertThat(constant.at(1e9)).isCloseTo(1425, within(30.0));
        Updates growing = Updates.of(Map.of(10, 100.0, 1000, 200.0));
        assertThat(growing.noise()).isZero();
        assertThat(growing.least()).isBetween(100.0, 200.0);
        Updates noisy = Updates.of(Map.of(10, 1000.0, 100, 50.0));
        assertThat(noisy.least()).isZero();
        assertThat(noisy.noise()).isPositive();
    }
}
