package io.github.dl4jkfac.capture;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Derivatives at one point of a network, copied in the order of rows; memory is kept from step to step. */
final class RecordedDerivatives {

    private final DataType type;
    private final ReusableMatrix memory = new ReusableMatrix();
    private INDArray rows;
    private long samples;

    /** @param type of the rows, whatever that of what they are copied from */
    RecordedDerivatives(DataType type) {
        this.type = type;
    }

    void clear() {
        rows = null;
    }

    boolean isThere() {
        return rows != null;
    }

    /**
     * @param columnsFirst [dG, N, T...], in any layout; the first samples of it are copied
     * @param wanted how many
     */
    void copy(INDArray columnsFirst, long wanted) {
        INDArray part = columnsFirst;
        if (columnsFirst.size(1) != wanted) {
            INDArrayIndex[] indices = NDArrayIndex.allFor(columnsFirst);
            indices[1] = NDArrayIndex.interval(0, wanted);
            part = columnsFirst.get(indices);
        }
        samples = wanted;
        rows = memory.copyOfColumns(type, part);
    }

    /** [N T, dG], column-major, row n T + t; free to be overwritten. */
    INDArray matrix() {
        return rows;
    }

    /** @param scale [N,1], one factor for all rows of a sample */
    void scale(INDArray scale) {
        if (scale.size(0) != samples) {
            throw new IllegalStateException("Factors of " + scale.size(0) + " samples for rows of " + samples);
        }
        long positions = rows.size(0) / samples;
        // column-major [T, N, dG]: position fastest
        INDArray split = rows.reshape('f', positions, samples, rows.size(1));
        split.muli(scale.castTo(rows.dataType()).reshape('c', 1, samples, 1));
    }
}
