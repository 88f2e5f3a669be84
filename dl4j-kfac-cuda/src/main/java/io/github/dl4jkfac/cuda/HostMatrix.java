package io.github.dl4jkfac.cuda;

import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A column-major matrix of ND4J in main memory.
 *
 * @param array the matrix, possibly a view
 * @param rows number of rows, at least 2
 * @param cols number of columns, at least 2
 * @param columnStride distance between columns, in elements, at least {@code rows}
 */
record HostMatrix(INDArray array, int rows, int cols, long columnStride) {

    /** Returns null for what a device does not take: other types, layouts and ranks, single rows and columns. */
    static HostMatrix of(INDArray array) {
        DataType type = array.dataType();
        if (array.rank() != 2 || (type != DataType.FLOAT && type != DataType.DOUBLE)) {
            return null;
        }
        long rows = array.size(0);
        long cols = array.size(1);
        boolean fits = Math.min(rows, cols) >= 2 && Math.max(rows, cols) <= Integer.MAX_VALUE;
        boolean isColumnMajor = array.stride(0) == 1 && array.stride(1) >= rows;
        return fits && isColumnMajor ? new HostMatrix(array, (int) rows, (int) cols, array.stride(1)) : null;
    }

    /** {@link #of} for square matrices; returns null for others as well. */
    static HostMatrix ofSquare(INDArray array) {
        HostMatrix matrix = of(array);
        return matrix != null && matrix.rows == matrix.cols ? matrix : null;
    }

    DataType type() {
        return array.dataType();
    }

    /** The number of rows of a square matrix. */
    int order() {
        return rows;
    }

    /** The number of elements, without what lies between columns. */
    long length() {
        return (long) rows * cols;
    }

    boolean isLike(HostMatrix other) {
        return rows == other.rows && cols == other.cols && type() == other.type();
    }

    /** Tells whether the array is a vector without gaps that takes one number for each row. */
    boolean isServedBy(INDArray vector) {
        if (vector.dataType() != type() || vector.rank() > 2 || vector.length() != rows) {
            return false;
        }
        for (int i = 0; i < vector.rank(); i++) {
            if (vector.size(i) != 1 && vector.stride(i) != 1) {
                return false;
            }
        }
        return true;
    }

    /** A pointer to the first element, with a view's offset counted in. Whoever uses it keeps the array reachable. */
    Pointer memory() {
        return array.data().addressPointer();
    }
}
