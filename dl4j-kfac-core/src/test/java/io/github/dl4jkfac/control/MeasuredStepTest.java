package io.github.dl4jkfac.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.ScalarsInMemory;
import org.junit.jupiter.api.Test;

/** What is remembered of measured models. */
class MeasuredStepTest {

    private static final double CLOSE = 1e-6;

    /** Bends the objective along U by r times its slope; nothing to repeat of the last step. */
    private static QuadraticModel bending(double r) {
        return new QuadraticModel(2, 0, 2 * r, 0, 1);
    }

    /** Its best mu is the given one: U and m do not mix, so that mu = &lt;m,V&gt; / m^T G m. */
    private static QuadraticModel repeating(double mu) {
        return new QuadraticModel(1, 4 * mu, 1, 0, 4);
    }

    private static MeasuredStep memory(boolean isWithoutMomentum, DirectionKind kind) {
        return new MeasuredStep(ScalarsInMemory.create(), isWithoutMomentum, kind);
    }

    @Test
    void curvatureIsAveragedInItsLogarithm() {
        MeasuredStep memory = memory(false, DirectionKind.NEWTON);
        assertThat(memory.isEmpty()).isTrue();
        memory.keep(bending(4));
        assertThat(memory.curvature()).isCloseTo(4, within(CLOSE));
        memory.keep(bending(9));
        assertThat(memory.curvature()).isCloseTo(6, within(CLOSE)); // the root of 4 times 9
        assertThat(memory.isEmpty()).isFalse();
    }

    @Test
    void aModelIsNewIfItBendsTwiceAsMuchOrHalf() {
        MeasuredStep memory = memory(false, DirectionKind.NEWTON);
        assertThat(memory.keep(bending(1))).isTrue();
        assertThat(memory.keep(bending(1.9))).isFalse();
        double kept = memory.curvature();
        assertThat(memory.keep(bending(2.1 * kept))).isTrue();
        assertThat(memory.keep(bending(0.4 * memory.curvature()))).isTrue();
    }

    @Test
    void momentumIsAveragedAndTakenWhereItIsPositive() {
        MeasuredStep memory = memory(false, DirectionKind.NEWTON);
        memory.keep(repeating(0.5));
        assertThat(memory.momentum()).isCloseTo(0.5, within(CLOSE));
        memory.keep(repeating(7)); // 0.95 counts
        assertThat(memory.momentum()).isCloseTo(0.8 * 0.5 + 0.2 * 0.95, within(CLOSE));
        for (int i = 0; i < 9; i++) {
            memory.keep(repeating(-1));
        }
        assertThat(memory.momentum()).isZero();
        MeasuredStep without = memory(true, DirectionKind.NEWTON);
        without.keep(repeating(0.5));
        assertThat(without.momentum()).isZero();
    }

    @Test
    void averagedCurvatureHasRatesUpToOne() {
        MeasuredStep memory = memory(false, DirectionKind.NEWTON);
        assertThat(memory.mostRate(1e9)).isEqualTo(1);
        assertThat(memory.mostRate(0.1)).isEqualTo(1);
    }

    @Test
    void matricesOfOneBatchHaveRatesUpToTheFirst() {
        NetworkScalars scalars = ScalarsInMemory.create();
        MeasuredStep memory = new MeasuredStep(scalars, false, DirectionKind.OF_ONE_BATCH);
        assertThat(memory.mostRate(Double.POSITIVE_INFINITY)).isEqualTo(1);
        assertThat(memory.mostRate(1e9)).isCloseTo(1e9, within(1e3));
        assertThat(memory.mostRate(1e12)).isCloseTo(1e9, within(1e3));
        assertThat(new MeasuredStep(scalars, false, DirectionKind.OF_ONE_BATCH).mostRate(5))
                .as("it is kept in the state")
                .isCloseTo(1e9, within(1e3));
        assertThat(memory(false, DirectionKind.OF_ONE_BATCH).mostRate(0.2)).isEqualTo(1);
    }
}
