package io.github.dl4jkfac.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {

    /** In floating point 29 / 100 * 100 is less than 29: evaluations were passed over. */
    @ParameterizedTest
    @ValueSource(ints = {3, 49, 100, 10_000})
    void asManyEvaluationsAsStepsAreOnePerStep(int steps) {
        Budget budget = new Budget(3600, steps, steps);
        for (int step = 0; step <= steps; step++) {
            assertThat(budget.evaluationIndex(step, 0)).isEqualTo(step);
        }
    }

    @Test
    void theBoundThatIsNearerDecides() {
        Budget budget = new Budget(10, 100, 20);
        assertThat(budget.evaluationIndex(50, 1)).isEqualTo(10);
        assertThat(budget.evaluationIndex(1, 5)).isEqualTo(10);
        assertThat(budget.used(10, 5)).isEqualTo(0.5);
    }

    @Test
    void boundsThatAreNotGivenDoNotCount() {
        assertThat(new Budget(10, Long.MAX_VALUE, 20).evaluationIndex(1_000_000, 5))
                .isEqualTo(10);
        assertThat(new Budget(Double.POSITIVE_INFINITY, 10, 20).evaluationIndex(5, 1e9))
                .isEqualTo(10);
    }
}
