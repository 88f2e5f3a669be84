package io.github.dl4jkfac.examples.data;

import org.nd4j.linalg.dataset.DataSet;

/**
 * The batches of a training run. The batch of a step depends on the step alone: a resumed run continues with the very
 * batches that it would have seen, and every optimizer sees the same ones.
 */
public interface TrainingBatches extends AutoCloseable {

    /**
     * @param step 0 for the first batch of the first epoch
     * @return features and labels of that step
     */
    DataSet at(long step);

    /** Ends what runs in the background, if anything does. */
    @Override
    default void close() {}
}
