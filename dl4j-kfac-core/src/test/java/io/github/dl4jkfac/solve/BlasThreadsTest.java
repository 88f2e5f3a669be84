package io.github.dl4jkfac.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;

class BlasThreadsTest {

    private final int before = BlasThreads.get();

    @AfterEach
    void restore() {
        BlasThreads.set(before);
    }

    @Test
    void setsBlasAndNd4j() {
        BlasThreads.set(1);

        assertThat(BlasThreads.get()).isEqualTo(1);
        assertThat(Nd4j.getEnvironment().maxMasterThreads()).isEqualTo(1);
    }

    @Test
    void refusesLessThanOne() {
        assertThatThrownBy(() -> BlasThreads.set(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0");
    }
}
