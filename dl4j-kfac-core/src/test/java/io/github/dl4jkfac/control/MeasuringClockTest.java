package io.github.dl4jkfac.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.state.ScalarsInMemory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** At which steps the model is measured. */
class MeasuringClockTest {

    private final MeasuringClock clock = new MeasuringClock(ScalarsInMemory.create(), 5);

    /** The steps of so many at which it is measured. */
    private List<Integer> measured(int steps, boolean isCalm, boolean isWorthwhile) {
        List<Integer> due = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            if (clock.isDue()) {
                due.add(step);
                clock.measured(isCalm, isWorthwhile);
            } else {
                clock.pass();
            }
        }
        return due;
    }

    @Test
    void itIsMeasuredMoreAndMoreSeldomWhileAllIsCalm() {
        assertThat(measured(25, true, false)).containsExactly(0, 2, 5, 9, 14, 19, 24);
    }

    @Test
    void afterABadStepItIsMeasuredAtTheNext() {
        measured(15, true, false);
        assertThat(measured(7, false, false)).containsExactly(4, 5, 6);
    }

    @Test
    void whereItIsWorthwhileItIsMeasuredAtEveryStep() {
        assertThat(measured(4, true, true)).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aPassIsCheapWhereParametersTimesPositionsAreFew() {
        assertThat(MeasuringClock.isCheap(100_000, Nd4j.create(DataType.FLOAT, 100, 7)))
                .isTrue();
        assertThat(MeasuringClock.isCheap(100_001, Nd4j.create(DataType.FLOAT, 100, 7)))
                .isFalse();
        assertThat(MeasuringClock.isCheap(100_000, Nd4j.create(DataType.FLOAT, 10, 7, 10)))
                .isTrue();
        assertThat(MeasuringClock.isCheap(100_000, Nd4j.create(DataType.FLOAT, 10, 7, 11)))
                .isFalse();
        assertThat(MeasuringClock.isCheap(20_000, Nd4j.create(DataType.FLOAT, 64, 3, 32, 32)))
                .isFalse();
    }
}
