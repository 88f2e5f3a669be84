package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.session.BatchPart;
import java.io.Serializable;
import java.util.List;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What one owner has added up of a batch.
 *
 * @param head its share of the gradient, and the numbers of the batch as a whole, as {@link BatchPart} writes them
 * @param statistics of its blocks, as {@link io.github.dl4jkfac.curvature.BatchStatistics} writes them; null if the batch does not enter them
 * @param batches parts of the batch itself that came this way
 */
record OwnerSum(byte[] head, byte[] statistics, List<Batch> batches) implements Serializable {

    /**
     * A part of the batch, on its way to the driver.
     *
     * @param partition where it comes from
     * @param data the part
     */
    record Batch(int partition, MultiDataSet data) implements Serializable {}

    /** What the driver asks for. */
    OwnerSum withoutStatistics() {
        return new OwnerSum(head, null, batches);
    }
}
