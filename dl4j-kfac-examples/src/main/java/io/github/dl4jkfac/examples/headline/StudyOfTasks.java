package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.tasks.Task;
import io.github.dl4jkfac.examples.training.Problem;
import java.nio.file.Path;

/** Compares trainings on one task after another. */
public interface StudyOfTasks {

    /**
     * Runs a task.
     *
     * @param task which
     * @param problem what it trains
     */
    void run(Task task, Problem problem);

    /**
     * Writes the results so far as CSV.
     *
     * @param folder existing folder
     */
    void writeNumbers(Path folder);

    /** @return the results so far, a table in Markdown */
    String markdown();
}
