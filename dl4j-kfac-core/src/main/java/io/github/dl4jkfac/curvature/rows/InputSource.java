package io.github.dl4jkfac.curvature.rows;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Rows of layer inputs that are handed out piece by piece, so that they need never exist all at once. With N samples that each
 * hold T positions (1 in a dense layer) row n*T + t belongs to position t of sample n.
 */
public interface InputSource {

    /** {@return the number of rows, N*T} */
    long rows();

    /** {@return the width of a row, without the homogeneous coordinate} */
    int columns();

    /** {@return whether chunks have one column more than {@link #columns}, the last, which holds the homogeneous coordinate 1} */
    boolean homogeneous();

    /** {@return the floating type of the rows} */
    DataType type();

    /**
     * Hands out all rows, in order, as chunks of whole samples.
     *
     * @param consumer called at least once if there are rows
     */
    void forEachChunk(ChunkConsumer consumer);

    /**
     * Sums the absolute values of the data that the rows are made of, each value once. No column of the rows has a larger sum.
     *
     * @return NaN or infinite if some value is, or if the sum overflows
     */
    double magnitude();

    /**
     * Copies what does not outlive Deeplearning4j's backward pass into the workspace that is current.
     *
     * @return the same rows, valid as long as that workspace; this object if all of it is
     */
    default InputSource lasting() {
        INDArray all = Nd4j.createUninitialized(type(), new long[] {rows(), columns()}, 'f');
        forEachChunk((firstRow, chunk) -> all.get(
                        NDArrayIndex.interval(firstRow, firstRow + chunk.size(0)), NDArrayIndex.all())
                .assign(chunk.get(NDArrayIndex.all(), NDArrayIndex.interval(0, columns()))));
        return of(all);
    }

    /**
     * Presents a matrix as a source of one chunk, the matrix itself: nothing is copied.
     *
     * @param matrix layer inputs [rows, columns], in any layout
     * @return the source, a view of the matrix
     */
    static InputSource of(INDArray matrix) {
        return new DenseInputs(matrix);
    }

    /** Takes chunks. */
    @FunctionalInterface
    interface ChunkConsumer {

        /**
         * Takes consecutive rows.
         *
         * @param firstRow number of the chunk's first row
         * @param chunk [m, columns] or, from a homogeneous source, [m, columns + 1]; valid only during the call and not to be
         *     modified. Patches are column-major; a dense matrix is as its owner laid it out
         */
        void accept(long firstRow, INDArray chunk);
    }
}
