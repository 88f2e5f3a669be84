package io.github.dl4jkfac.examples.data;

import java.util.SplittableRandom;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Training batches of examples with classes, reshuffled every epoch, augmented if asked. Not thread-safe. */
public final class LabelledBatches implements TrainingBatches {

    private final LabelledData data;
    private final Encoding encoding;
    private final Augmentation augmentation;
    private final long seed;
    private final EpochOrder order;

    /**
     * @param data where the batches come from
     * @param encoding how they enter the network
     * @param augmentation changes each image on its way, or null
     * @param batch examples per batch, at most {@code data.count()}
     * @param seed of order and augmentation
     */
    public LabelledBatches(LabelledData data, Encoding encoding, Augmentation augmentation, int batch, long seed) {
        this.data = data;
        this.encoding = encoding;
        this.augmentation = augmentation;
        this.seed = seed;
        this.order = new EpochOrder(data.count(), batch, seed);
    }

    @Override
    public DataSet at(long step) {
        int[] chosen = order.at(step);
        byte[] values = values(data, chosen);
        if (augmentation != null) {
            augmentation.apply(values, new SplittableRandom(seed * 1_000_003 + step).split());
        }
        return encoded(data, chosen, values, encoding);
    }

    /**
     * @param data examples
     * @param encoding how they enter the network
     * @param from index of the first example
     * @param to index after the last example
     * @return their inputs and one-hot labels [to - from, classes]
     */
    public static DataSet range(LabelledData data, Encoding encoding, int from, int to) {
        int[] chosen = new int[to - from];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = from + i;
        }
        return encoded(data, chosen, values(data, chosen), encoding);
    }

    private static byte[] values(LabelledData data, int[] chosen) {
        byte[] values = new byte[chosen.length * data.size()];
        for (int i = 0; i < chosen.length; i++) {
            data.copy(chosen[i], values, i * data.size());
        }
        return values;
    }

    private static DataSet encoded(LabelledData data, int[] chosen, byte[] values, Encoding encoding) {
        long[] shape = encoding.shape(chosen.length);
        int size = (int) (ArrayUtil.prodLong(shape) / chosen.length);
        float[] inputs = new float[chosen.length * size];
        float[] labels = new float[chosen.length * data.classes()];
        for (int i = 0; i < chosen.length; i++) {
            encoding.encode(values, i * data.size(), inputs, i * size);
            labels[i * data.classes() + data.label(chosen[i])] = 1;
        }
        INDArray oneHot = Nd4j.create(labels, new long[] {chosen.length, data.classes()}, 'c');
        return new DataSet(Nd4j.create(inputs, shape, 'c'), oneHot);
    }
}
