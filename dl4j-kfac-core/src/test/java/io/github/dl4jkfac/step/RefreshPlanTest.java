package io.github.dl4jkfac.step;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RefreshPlanTest {

    @Test
    void waitsForAQuarterOfTheStepsTakenFirstAndForTheIntervalAfterwards() {
        RefreshPlan plan = new RefreshPlan(3, 10);
        assertThat(stepsWith(plan, true, 70))
                .containsExactly(
                        0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 10L, 12L, 15L, 18L, 22L, 27L, 33L, 40L, 50L, 60L, 70L);
        assertThat(stepsWith(plan, false, 30))
                .containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 10L, 12L, 15L, 18L, 21L, 22L, 24L, 27L, 30L);
    }

    @Test
    void withoutAnEarlyStartRunsAtMultiplesOnly() {
        assertThat(stepsWith(new RefreshPlan(3, 10, false), true, 30)).containsExactly(0L, 10L, 20L, 30L);
    }

    @Test
    void longIntervalsAreCountedInNoTime() {
        RefreshPlan plan = new RefreshPlan(1, Integer.MAX_VALUE);
        assertThat(plan.inversesDue(8L * Integer.MAX_VALUE)).isTrue();
        assertThat(plan.inversesDue(8L * Integer.MAX_VALUE + 1)).isFalse();
        assertThat(stepsWith(plan, true, 1_000_000)).hasSizeBetween(50, 70);
    }

    @Test
    void intervalOneMeansEveryStep() {
        assertThat(stepsWith(new RefreshPlan(1, 1), true, 30)).hasSize(31);
        assertThat(stepsWith(new RefreshPlan(1, 1), false, 30)).hasSize(31);
    }

    private static List<Long> stepsWith(RefreshPlan plan, boolean inverses, long last) {
        return LongStream.rangeClosed(0, last)
                .filter(step -> inverses ? plan.inversesDue(step) : plan.statisticsDue(step))
                .boxed()
                .toList();
    }
}
