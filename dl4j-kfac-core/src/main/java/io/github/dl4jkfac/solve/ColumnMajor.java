package io.github.dl4jkfac.solve;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An array seen as a column-major matrix, the way BLAS takes it.
 *
 * @param array the array
 * @param rows number of rows
 * @param cols number of columns
 * @param ld distance between columns, in elements, at least {@code rows}
 */
record ColumnMajor(INDArray array, int rows, int cols, int ld) {

    /** Checks an operand of unknown size. */
    static ColumnMajor of(INDArray array, String name) {
        if (!isColumnMajor(array)) {
            throw new IllegalArgumentException(
                    name + " must be a column-major FLOAT or DOUBLE matrix, but is " + describe(array));
        }
        return unchecked(array);
    }

    /** Checks an operand that must have the given type and shape. */
    static ColumnMajor of(INDArray array, String name, DataType type, long rows, long cols) {
        requireShape(array, name, type, rows, cols);
        return of(array, name);
    }

    static ColumnMajor square(INDArray array, String name) {
        return of(array, name, array.dataType(), array.size(0), array.size(0));
    }

    static void requireShape(INDArray array, String name, DataType type, long rows, long cols) {
        if (array.rank() != 2 || array.size(0) != rows || array.size(1) != cols || array.dataType() != type) {
            throw new IllegalArgumentException(
                    name + " must be [" + rows + ", " + cols + "] " + type + ", but is " + describe(array));
        }
    }

    /** Checks the target of {@link SymmetricSolver#eigen}. */
    static void requireVector(INDArray array, String name, DataType type, long length) {
        boolean unitStride = array.rank() <= 2 && array.length() == length;
        for (int i = 0; i < array.rank() && unitStride; i++) {
            unitStride = array.size(i) == 1 || (array.size(i) == length && array.stride(i) == 1);
        }
        if (!unitStride || array.dataType() != type) {
            throw new IllegalArgumentException(
                    name + " must be a " + type + " vector of " + length + " with stride 1, but is " + describe(array));
        }
    }

    /** Tells whether the matrix can be passed to BLAS as it is. */
    static boolean isColumnMajor(INDArray array) {
        return isReal(array) && unitStride(array, 0) && spans(array, 1, array.size(0));
    }

    /** Tells whether the transpose of the matrix can be passed to BLAS as it is. */
    static boolean isRowMajor(INDArray array) {
        return isReal(array) && unitStride(array, 1) && spans(array, 0, array.size(1));
    }

    /** Views a row-major matrix as its column-major transpose. */
    static ColumnMajor ofTransposed(INDArray array) {
        int rows = Math.toIntExact(array.size(1));
        int cols = Math.toIntExact(array.size(0));
        return new ColumnMajor(array, rows, cols, cols == 1 ? rows : Math.toIntExact(array.stride(0)));
    }

    private static ColumnMajor unchecked(INDArray array) {
        int rows = Math.toIntExact(array.size(0));
        int cols = Math.toIntExact(array.size(1));
        // The stride of a dimension of size 1 means nothing, and ND4J sets it as it likes.
        return new ColumnMajor(array, rows, cols, cols == 1 ? rows : Math.toIntExact(array.stride(1)));
    }

    private static boolean isReal(INDArray array) {
        return array.rank() == 2 && (array.dataType() == DataType.FLOAT || array.dataType() == DataType.DOUBLE);
    }

    private static boolean unitStride(INDArray array, int dimension) {
        return array.size(dimension) == 1 || array.stride(dimension) == 1;
    }

    private static boolean spans(INDArray array, int dimension, long extent) {
        return array.size(dimension) == 1 || array.stride(dimension) >= extent;
    }

    private static String describe(INDArray array) {
        return array.dataType() + " of shape " + Arrays.toString(array.shape()) + " with strides "
                + Arrays.toString(array.stride());
    }
}
