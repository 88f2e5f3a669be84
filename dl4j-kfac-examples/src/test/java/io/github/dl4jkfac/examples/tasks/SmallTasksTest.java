package io.github.dl4jkfac.examples.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.models.Models;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Scores;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.learning.config.Adam;

class SmallTasksTest {

    static java.util.List<Task> tasks() {
        return SmallTasks.all();
    }

    /** Whatever the scale of the targets, predicting nothing costs about one. */
    @ParameterizedTest
    @MethodSource("tasks")
    void batchesAreThoseOfTheTaskAndTheScoreFallsInTraining(Task task) {
        Problem problem = task.problem().get();
        int batch = task.batch(problem);
        Model network = problem.network(new Adam(1e-2), 1);
        Scores before = problem.evaluate(network);
        // small targets are below the outputs of the first parameters, and large ones beyond Adam's reach
        if (!task.name().contains("targets")) {
            assertThat(task.score(before)).isBetween(0.1, 10.);
        }
        try (TrainingBatches batches = problem.batches(batch, 1)) {
            assertThat(batches.at(0).numExamples()).isEqualTo(batch);
            assertThat(batches.at(7).getFeatures()).isEqualTo(batches.at(7).getFeatures());
            for (int step = 0; step < 100; step++) {
                Models.fit(network, batches.at(step));
            }
        }
        Scores after = problem.evaluate(network);
        assertThat(after.finite()).isTrue();
        assertThat(task.score(after)).isLessThan(task.score(before));
    }
}
