package io.github.dl4jkfac.capture.probe;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Copies in float64. */
public final class Doubles {

    private Doubles() {}

    /** Copies a batch. */
    static MultiDataSet of(MultiDataSet batch) {
        return new org.nd4j.linalg.dataset.MultiDataSet(
                of(batch.getFeatures()),
                of(batch.getLabels()),
                of(batch.getFeaturesMaskArrays()),
                of(batch.getLabelsMaskArrays()));
    }

    /**
     * Frees the memory of a batch.
     *
     * @param batch a copy that {@link #of(MultiDataSet)} has made; not to be used any more
     */
    public static void close(MultiDataSet batch) {
        Stream.of(batch.getFeatures(), batch.getLabels(), batch.getFeaturesMaskArrays(), batch.getLabelsMaskArrays())
                .filter(Objects::nonNull)
                .flatMap(Arrays::stream)
                .filter(array -> array != null && array.closeable())
                .forEach(INDArray::close);
    }

    private static INDArray[] of(INDArray[] arrays) {
        return arrays == null ? null : Arrays.stream(arrays).map(Doubles::of).toArray(INDArray[]::new);
    }

    /**
     * Copies an array.
     *
     * @param array of any type, or null; not modified
     * @return a copy in float64; null for null
     */
    public static INDArray of(INDArray array) {
        if (array == null) {
            return null;
        }
        return array.dataType() == DataType.DOUBLE ? array.dup() : array.castTo(DataType.DOUBLE);
    }
}
