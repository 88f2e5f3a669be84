package io.github.dl4jkfac.solve;

import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The native routines in one precision, on column-major host memory. Triangular routines work on
 * the lower triangle. Names and arguments follow BLAS and LAPACK.
 */
interface Blas {

    /** Returns the routines for the type; {@link ColumnMajor} has refused any other by then. */
    static Blas of(DataType type) {
        return type == DataType.DOUBLE ? DoubleBlas.INSTANCE : FloatBlas.INSTANCE;
    }

    /**
     * Returns a pointer to the first element of the array. ND4J counts a view's offset in. The
     * pointer is a fresh Java object without memory of its own, so its position may be moved.
     */
    default Pointer pointer(INDArray array) {
        return array.data().addressPointer();
    }

    /** C [n, n] <- alpha op(A) op(A)^T + beta C, where op(A) [n, k] is A or, if transposed, A^T. */
    void syrk(boolean transposed, int n, int k, double alpha, Pointer a, int lda, double beta, Pointer c, int ldc);

    /** C [m, n] <- A B with symmetric A on the left, or B A with symmetric A on the right. */
    void symm(boolean left, int m, int n, Pointer a, int lda, Pointer b, int ldb, Pointer c, int ldc);

    /** Factorises A = L L^T in place; returns 0 or the order of the first minor not positive. */
    int potrf(int n, Pointer a, int lda);

    /**
     * Replaces L by the lower triangle of (L L^T)^-1; returns 0 or the zero on the diagonal. Not to be called with odd n
     * above 1, but through {@link CholeskyInverse}.
     */
    int potri(int n, Pointer a, int lda);

    /** Replaces A by its eigenvectors and w by the eigenvalues; returns 0 or LAPACK's info. */
    int syevd(int n, Pointer a, int lda, Pointer w);

    /**
     * Computes eigenvalues w and eigenvectors Z [n, n] of a lower triangle packed column by column, which is overwritten;
     * returns 0 or LAPACK's info.
     */
    int spev(int n, Pointer packed, Pointer w, Pointer z, int ldz);

    /** Returns memory for {@code count} elements, to be closed. */
    Pointer allocate(long count);

    /** Copies the lower triangle. */
    void copyLower(int n, Pointer from, int ldFrom, Pointer to, int ldTo);

    /** Copies {@code count} elements from one position to another, with the strides given. */
    void copy(int count, Pointer from, long fromPosition, int fromStride, Pointer to, long toPosition, int toStride);

    /** Returns the sum of absolute values of {@code count} elements. */
    double absSum(int count, Pointer a, long position, int stride);

    /** Adds to the diagonal. */
    void shiftDiagonal(int n, Pointer a, int lda, double shift);

    /** Solves L^T x = b in place of b, with {@code x} at the position given and stride 1. */
    void trsvTransposed(int n, Pointer a, int lda, Pointer x, long position);

    /** Adds {@code alpha x x^T} to the lower triangle, with {@code x} at the position given and stride 1. */
    void syr(int n, double alpha, Pointer x, long position, Pointer a, int lda);

    /** Multiplies {@code count} elements. */
    void scale(int count, double factor, Pointer a, long position, int stride);

    /** Returns the element that lies {@code position} elements from the start. */
    double get(Pointer a, long position);

    /** Sets that element. */
    void put(Pointer a, long position, double value);
}
