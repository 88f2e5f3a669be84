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
        return copy(batch, DataType.DOUBLE);
    }

    /** Copies a batch in a type. */
    static MultiDataSet copy(MultiDataSet batch, DataType type) {
        return new org.nd4j.linalg.dataset.MultiDataSet(
                copy(batch.getFeatures(), type),
                copy(batch.getLabels(), type),
                copy(batch.getFeaturesMaskArrays(), type),
                copy(batch.getLabelsMaskArrays(), type));
    }

    /**
     * Frees the memory of a batch.
     *
     * @param batch a copy; not to be used any more
     */
    public static void close(MultiDataSet batch) {
        Stream.of(batch.getFeatures(), batch.getLabels(), batch.getFeaturesMaskArrays(), batch.getLabelsMaskArrays())
                .filter(Objects::nonNull)
                .flatMap(Arrays::stream)
                .filter(array -> array != null && array.closeable())
                .forEach(INDArray::close);
    }

    private static INDArray[] copy(INDArray[] arrays, DataType type) {
        return arrays == null
                ? null
                : Arrays.stream(arrays).map(array -> copy(array, type)).toArray(INDArray[]::new);
    }

    /**
     * Copies an array.
     *
     * @param array of any type, or null; not modified
     * @return a copy in float64; null for null
     */
    public static INDArray of(INDArray array) {
        return copy(array, DataType.DOUBLE);
    }

    /**
     * Copies an array.
     *
     * @param array of any type, or null; not modified
     * @param type of the copy
     * @return a copy; null for null
     */
    public static INDArray copy(INDArray array, DataType type) {
        if (array == null) {
            return null;
        }
        return array.dataType() == type ? array.dup() : array.castTo(type);
    }
}
