package io.github.dl4jkfac.solve;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas;

/** {@link Blas} for {@code DOUBLE}. */
enum DoubleBlas implements Blas {
    INSTANCE;

    private static final byte LOWER = 'L';

    @Override
    public void syrk(
            boolean transposed, int n, int k, double alpha, Pointer a, int lda, double beta, Pointer c, int ldc) {
        openblas.cblas_dsyrk(
                openblas.CblasColMajor,
                openblas.CblasLower,
                transposed ? openblas.CblasTrans : openblas.CblasNoTrans,
                n,
                k,
                alpha,
                (DoublePointer) a,
                lda,
                beta,
                (DoublePointer) c,
                ldc);
    }

    @Override
    public void symm(boolean left, int m, int n, Pointer a, int lda, Pointer b, int ldb, Pointer c, int ldc) {
        openblas.cblas_dsymm(
                openblas.CblasColMajor,
                left ? openblas.CblasLeft : openblas.CblasRight,
                openblas.CblasLower,
                m,
                n,
                1,
                (DoublePointer) a,
                lda,
                (DoublePointer) b,
                ldb,
                0,
                (DoublePointer) c,
                ldc);
    }

    @Override
    public int potrf(int n, Pointer a, int lda) {
        return openblas.LAPACKE_dpotrf_work(openblas.LAPACK_COL_MAJOR, LOWER, n, (DoublePointer) a, lda);
    }

    @Override
    public int potri(int n, Pointer a, int lda) {
        return openblas.LAPACKE_dpotri_work(openblas.LAPACK_COL_MAJOR, LOWER, n, (DoublePointer) a, lda);
    }

    @Override
    public int syevd(int n, Pointer a, int lda, Pointer w) {
        // Own work arrays, as in FloatBlas, where the size that LAPACKE asks for is wrong.
        long size = 1 + 6L * n + 2L * n * n;
        try (DoublePointer work = new DoublePointer(size);
                IntPointer iwork = new IntPointer(3 + 5L * n)) {
            return openblas.LAPACKE_dsyevd_work(
                    openblas.LAPACK_COL_MAJOR,
                    (byte) 'V',
                    LOWER,
                    n,
                    (DoublePointer) a,
                    lda,
                    (DoublePointer) w,
                    work,
                    Math.toIntExact(size),
                    iwork,
                    Math.toIntExact(3 + 5L * n));
        }
    }

    @Override
    public int spev(int n, Pointer packed, Pointer w, Pointer z, int ldz) {
        try (DoublePointer work = new DoublePointer(3L * n)) {
            return openblas.LAPACKE_dspev_work(
                    openblas.LAPACK_COL_MAJOR,
                    (byte) 'V',
                    LOWER,
                    n,
                    (DoublePointer) packed,
                    (DoublePointer) w,
                    (DoublePointer) z,
                    ldz,
                    work);
        }
    }

    @Override
    public Pointer allocate(long count) {
        return new DoublePointer(count);
    }

    @Override
    public void copyLower(int n, Pointer from, int ldFrom, Pointer to, int ldTo) {
        openblas.LAPACKE_dlacpy_work(
                openblas.LAPACK_COL_MAJOR, LOWER, n, n, (DoublePointer) from, ldFrom, (DoublePointer) to, ldTo);
    }

    @Override
    public void copy(
            int count, Pointer from, long fromPosition, int fromStride, Pointer to, long toPosition, int toStride) {
        openblas.cblas_dcopy(
                count,
                (DoublePointer) from.position(fromPosition),
                fromStride,
                (DoublePointer) to.position(toPosition),
                toStride);
    }

    @Override
    public double absSum(int count, Pointer a, long position, int stride) {
        return openblas.cblas_dasum(count, (DoublePointer) a.position(position), stride);
    }

    @Override
    public void shiftDiagonal(int n, Pointer a, int lda, double shift) {
        DoublePointer values = (DoublePointer) a;
        for (int i = 0; i < n; i++) {
            long index = i * (lda + 1L);
            values.put(index, values.get(index) + shift);
        }
    }

    @Override
    public void trsvTransposed(int n, Pointer a, int lda, Pointer x, long position) {
        openblas.cblas_dtrsv(
                openblas.CblasColMajor,
                openblas.CblasLower,
                openblas.CblasTrans,
                openblas.CblasNonUnit,
                n,
                (DoublePointer) a,
                lda,
                (DoublePointer) x.position(position),
                1);
    }

    @Override
    public void syr(int n, double alpha, Pointer x, long position, Pointer a, int lda) {
        openblas.cblas_dsyr(
                openblas.CblasColMajor,
                openblas.CblasLower,
                n,
                alpha,
                (DoublePointer) x.position(position),
                1,
                (DoublePointer) a,
                lda);
    }

    @Override
    public void scale(int count, double factor, Pointer a, long position, int stride) {
        openblas.cblas_dscal(count, factor, (DoublePointer) a.position(position), stride);
    }

    @Override
    public double get(Pointer a, long position) {
        return ((DoublePointer) a.position(position)).get();
    }

    @Override
    public void put(Pointer a, long position, double value) {
        ((DoublePointer) a.position(position)).put(value);
    }
}
