package io.github.dl4jkfac.examples.tasks;

import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Scores;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Something to train and how it is judged.
 *
 * @param name of a word or two with hyphens
 * @param problem makes it
 * @param batch examples per step; 0 for the problem's own number
 * @param measure what is judged, in words
 * @param judged what is judged; less is better
 * @param heldOut whether no constant of the automatic step was chosen on it
 */
public record Task(
        String name,
        Supplier<Problem> problem,
        int batch,
        String measure,
        ToDoubleFunction<Scores> judged,
        boolean heldOut) {

    /** Judged by its training loss. */
    static Task byLoss(String name, Supplier<Problem> problem, int batch, boolean heldOut) {
        return new Task(name, problem, batch, "train loss", Scores::trainLoss, heldOut);
    }

    /** Judged by what it says of test data without noise. */
    static Task byTest(String name, Supplier<Problem> problem, int batch, boolean heldOut) {
        return new Task(name, problem, batch, "test loss", Scores::testLoss, heldOut);
    }

    /**
     * @param scores of a network
     * @return what counts of them
     */
    public double score(Scores scores) {
        return judged.applyAsDouble(scores);
    }

    /**
     * @param made what {@link #problem} has made
     * @return examples per step
     */
    public int batch(Problem made) {
        return batch == 0 ? made.defaultBatch() : batch;
    }
}
