package io.github.dl4jkfac.cuda;

import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A square column-major matrix of ND4J in main memory.
 *
 * @param array the matrix, possibly a view
 * @param order number of rows and of columns, at least 2
 * @param columnStride distance between columns, in elements, at least {@code order}
 */
record HostMatrix(INDArray array, int order, long columnStride) {

    /** Returns null for what a device does not take: other types, layouts and shapes, and single numbers. */
    static HostMatrix of(INDArray array) {
        DataType type = array.dataType();
        if (array.rank() != 2 || (type != DataType.FLOAT && type != DataType.DOUBLE)) {
            return null;
        }
        long n = array.size(0);
        boolean isColumnMajor = array.stride(0) == 1 && array.stride(1) >= n;
        if (n != array.size(1) || n < 2 || n > Integer.MAX_VALUE || !isColumnMajor) {
            return null;
        }
        return new HostMatrix(array, (int) n, array.stride(1));
    }

    DataType type() {
        return array.dataType();
    }

    boolean isLike(HostMatrix other) {
        return order == other.order && type() == other.type();
    }

    /** Tells whether the array is a vector without gaps that takes one number for each row. */
    boolean isServedBy(INDArray vector) {
        if (vector.dataType() != type() || vector.rank() > 2 || vector.length() != order) {
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
