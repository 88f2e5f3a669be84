package io.github.dl4jkfac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.examples.training.Problem;
import org.junit.jupiter.api.Test;

/** The tasks of {@code headline}, without data. */
class HeadlineTasksTest {

    @Test
    void everyTaskHasAProblemAndABatchThatFits() {
        assertThat(HeadlineTasks.all(null))
                .extracting(task -> task.name())
                .contains("digits-250", "autoencoder-1000", "cifar-vgg", "memory", "xor")
                .doesNotHaveDuplicates();
        assertThat(HeadlineTasks.all(null)).allSatisfy(task -> {
            Problem problem = task.problem().get();
            assertThat(task.batch(problem)).isBetween(1, problem.trainCount());
        });
    }
}
