package io.github.dl4jkfac.cuda;

import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The routines of cuSOLVER and cuBLAS in one precision, on the lower triangles of column-major matrices [n, n] without gaps
 * in device memory. Names follow BLAS and LAPACK. All of them are as old as CUDA 10.1: a function that an installed CUDA
 * does not have would end the JVM.
 *
 * <p>They are put on the stream of the context and, where nothing else is said, not waited for. A {@link DeviceException}
 * tells of a failure.
 */
interface Kernels {

    static Kernels of(DataType type) {
        return type == DataType.DOUBLE ? DoubleKernels.INSTANCE : FloatKernels.INSTANCE;
    }

    /** {@return size of a number} */
    int bytes();

    /** {@return elements of work space that {@link #potrf} needs} */
    int potrfWork(CudaContext cuda, int n, Pointer a);

    /** Factorises A = L L^T in place; info becomes 0 or the order of the first minor that is not positive. */
    void potrf(CudaContext cuda, int n, Pointer a, Pointer work, int size, IntPointer info);

    /** {@return elements of work space that {@link #potri} needs} */
    int potriWork(CudaContext cuda, int n, Pointer a);

    /** Replaces L by the lower triangle of (L L^T)^-1; info becomes 0 or the place of a zero on the diagonal. */
    void potri(CudaContext cuda, int n, Pointer a, Pointer work, int size, IntPointer info);

    /** {@return elements of work space that {@link #syevd} needs} */
    int syevdWork(CudaContext cuda, int n, Pointer a, Pointer w);

    /** Replaces A by its eigenvectors and w by the eigenvalues in ascending order; info becomes 0 or LAPACK's. */
    void syevd(CudaContext cuda, int n, Pointer a, Pointer w, Pointer work, int size, IntPointer info);

    /** y <- A x. */
    void symv(CudaContext cuda, int n, Pointer a, Pointer x, Pointer y);

    /** Adds to the diagonal, by means of a vector of ones. */
    void shiftDiagonal(CudaContext cuda, int n, double shift, Pointer ones, Pointer a);

    /** {@return the sum of the diagonal's absolute values, for which it waits} */
    double diagonalAbsSum(CudaContext cuda, int n, Pointer a);

    /** C [m, n] <- A [m, k] B [k, n]; none of them has gaps. */
    void gemm(CudaContext cuda, int m, int n, int k, Pointer a, Pointer b, Pointer c);

    /** Packs the lower triangle, column by column. */
    void pack(CudaContext cuda, int n, Pointer a, Pointer packed);

    /** Unpacks it; the strict upper triangle stays as it is. */
    void unpack(CudaContext cuda, int n, Pointer packed, Pointer a);

    /** B <- (A + A^T) with half of its diagonal, which mirrors a lower triangle below zeros. */
    void mirror(CudaContext cuda, int n, Pointer a, Pointer b);

    /** Returns n ones in main memory, to be closed. */
    Pointer ones(int n);

    /** Returns main memory for n numbers, to be closed. */
    Pointer allocate(int n);

    /** Tells whether the n numbers in main memory are finite. */
    boolean areFinite(Pointer host, int n);
}
