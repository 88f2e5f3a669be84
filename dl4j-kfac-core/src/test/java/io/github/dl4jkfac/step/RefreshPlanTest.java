package io.github.dl4jkfac.step;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RefreshPlanTest {

    @Test
    void runsAtPowersOfTwoFirstAndEveryIntervalAfterwards() {
        RefreshPlan plan = new RefreshPlan(3, 10);
        assertThat(stepsWith(plan, true)).containsExactly(0L, 1L, 2L, 4L, 8L, 10L, 20L, 30L);
        assertThat(stepsWith(plan, false))
                .containsExactly(0L, 1L, 2L, 3L, 4L, 6L, 8L, 9L, 10L, 12L, 15L, 18L, 20L, 21L, 24L, 27L, 30L);
    }

    @Test
    void intervalOneMeansEveryStep() {
        assertThat(stepsWith(new RefreshPlan(1, 1), true)).hasSize(31);
        assertThat(stepsWith(new RefreshPlan(1, 1), false)).hasSize(31);
    }

    private static List<Long> stepsWith(RefreshPlan plan, boolean inverses) {
        return LongStream.rangeClosed(0, 30)
                .filter(step -> inverses ? plan.inversesDue(step) : plan.statisticsDue(step))
                .boxed()
                .toList();
    }
}
