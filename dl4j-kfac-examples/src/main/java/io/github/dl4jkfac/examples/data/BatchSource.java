package io.github.dl4jkfac.examples.data;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Training batches of images that are their own labels, reshuffled every epoch. */
public final class BatchSource implements TrainingBatches {

    private final ImageData images;
    private final EpochOrder order;

    /**
     * @param images where the batches come from
     * @param batch images per batch, at most {@code images.count()}
     * @param seed of the order
     */
    public BatchSource(ImageData images, int batch, long seed) {
        this.images = images;
        this.order = new EpochOrder(images.count(), batch, seed);
    }

    /**
     * @param step 0 for the first batch of the first epoch
     * @return features and labels, one and the same array [batch, pixels]
     */
    @Override
    public DataSet at(long step) {
        int[] chosen = order.at(step);
        INDArray rows = images.gather(chosen, 0, chosen.length);
        return new DataSet(rows, rows);
    }
}
