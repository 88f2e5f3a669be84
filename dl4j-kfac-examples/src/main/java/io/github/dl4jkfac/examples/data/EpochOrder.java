package io.github.dl4jkfac.examples.data;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Which examples are in the batch of a step: every epoch in an order of its own, which depends on the seed and the
 * number of the epoch only. All batches are full; what is left over at the end of an epoch is dropped for that epoch
 * (the next order is another one, so every example gets its turn).
 */
public final class EpochOrder {

    private final int batch;
    private final long seed;
    private final int perEpoch;
    private final int[] order;
    private long shuffledEpoch = -1;

    /**
     * @param count how many examples there are
     * @param batch examples per batch, at most {@code count}
     * @param seed of the order
     */
    public EpochOrder(int count, int batch, long seed) {
        if (batch < 1 || batch > count) {
            throw new IllegalArgumentException("batch must be within 1 and " + count + ". Got: " + batch);
        }
        this.batch = batch;
        this.seed = seed;
        this.perEpoch = count / batch;
        this.order = new int[count];
    }

    /**
     * @param step 0 for the first batch of the first epoch
     * @return indices of the examples in that batch, a new array
     */
    public int[] at(long step) {
        shuffleFor(step / perEpoch);
        int start = (int) (step % perEpoch) * batch;
        return Arrays.copyOfRange(order, start, start + batch);
    }

    private void shuffleFor(long epoch) {
        if (epoch == shuffledEpoch) {
            return;
        }
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        shuffle(order, new SplittableRandom(seed * 1_000_003 + epoch));
        shuffledEpoch = epoch;
    }

    /**
     * @param items shuffled in place
     * @param random where the order comes from
     */
    static void shuffle(int[] items, SplittableRandom random) {
        for (int i = items.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = items[i];
            items[i] = items[j];
            items[j] = swap;
        }
    }
}
