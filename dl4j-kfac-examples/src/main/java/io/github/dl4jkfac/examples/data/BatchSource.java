package io.github.dl4jkfac.examples.data;

import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Training batches of images that are their own labels, reshuffled every epoch.
 *
 * <p>The batch of a step depends on (seed, step) only: a resumed run continues with the very batches that it would
 * have seen, and every optimizer sees the same ones. All batches are full; what is left over at the end of an epoch
 * is dropped for that epoch (it is reshuffled, so every image gets its turn).
 */
public final class BatchSource {

    private final ImageData images;
    private final int batch;
    private final long seed;
    private final int perEpoch;
    private final int[] order;
    private long shuffledEpoch = -1;

    /**
     * @param images where the batches come from
     * @param batch images per batch, at most {@code images.count()}
     * @param seed of the order
     */
    public BatchSource(ImageData images, int batch, long seed) {
        if (batch < 1 || batch > images.count()) {
            throw new IllegalArgumentException("batch must be within 1 and " + images.count() + ". Got: " + batch);
        }
        this.images = images;
        this.batch = batch;
        this.seed = seed;
        this.perEpoch = images.count() / batch;
        this.order = new int[images.count()];
    }

    /**
     * @param step 0 for the first batch of the first epoch
     * @return features and labels, one and the same array [batch, pixels]
     */
    public DataSet at(long step) {
        shuffleFor(step / perEpoch);
        int start = (int) (step % perEpoch) * batch;
        INDArray rows = images.gather(order, start, start + batch);
        return new DataSet(rows, rows);
    }

    private void shuffleFor(long epoch) {
        if (epoch == shuffledEpoch) {
            return;
        }
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + epoch);
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        shuffledEpoch = epoch;
    }
}
