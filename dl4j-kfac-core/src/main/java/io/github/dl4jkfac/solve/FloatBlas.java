package io.github.dl4jkfac.solve;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas;

/** {@link Blas} for {@code FLOAT}. */
enum FloatBlas implements Blas {
    INSTANCE;

    private static final byte LOWER = 'L';

    @Override
    public void syrk(
            boolean transposed, int n, int k, double alpha, Pointer a, int lda, double beta, Pointer c, int ldc) {
        openblas.cblas_ssyrk(
                openblas.CblasColMajor,
                openblas.CblasLower,
                transposed ? openblas.CblasTrans : openblas.CblasNoTrans,
                n,
                k,
                (float) alpha,
                (FloatPointer) a,
                lda,
                (float) beta,
                (FloatPointer) c,
                ldc);
    }

    @Override
    public void symm(boolean left, int m, int n, Pointer a, int lda, Pointer b, int ldb, Pointer c, int ldc) {
        openblas.cblas_ssymm(
                openblas.CblasColMajor,
                left ? openblas.CblasLeft : openblas.CblasRight,
                openblas.CblasLower,
                m,
                n,
                1,
                (FloatPointer) a,
                lda,
                (FloatPointer) b,
                ldb,
                0,
                (FloatPointer) c,
                ldc);
    }

    @Override
    public int potrf(int n, Pointer a, int lda) {
        return openblas.LAPACKE_spotrf_work(openblas.LAPACK_COL_MAJOR, LOWER, n, (FloatPointer) a, lda);
    }

    @Override
    public int potri(int n, Pointer a, int lda) {
        return openblas.LAPACKE_spotri_work(openblas.LAPACK_COL_MAJOR, LOWER, n, (FloatPointer) a, lda);
    }

    @Override
    public int syevd(int n, Pointer a, int lda, Pointer w) {
        // Own work arrays: LAPACKE_ssyevd asks LAPACK for the size, which comes back rounded to float
        // and too small for many n from 2897 on.
        long size = 1 + 6L * n + 2L * n * n;
        try (FloatPointer work = new FloatPointer(size);
                IntPointer iwork = new IntPointer(3 + 5L * n)) {
            return openblas.LAPACKE_ssyevd_work(
                    openblas.LAPACK_COL_MAJOR,
                    (byte) 'V',
                    LOWER,
                    n,
                    (FloatPointer) a,
                    lda,
                    (FloatPointer) w,
                    work,
                    Math.toIntExact(size),
                    iwork,
                    Math.toIntExact(3 + 5L * n));
        }
    }

    @Override
    public int spev(int n, Pointer packed, Pointer w, Pointer z, int ldz) {
        try (FloatPointer work = new FloatPointer(3L * n)) {
            return openblas.LAPACKE_sspev_work(
                    openblas.LAPACK_COL_MAJOR,
                    (byte) 'V',
                    LOWER,
                    n,
                    (FloatPointer) packed,
                    (FloatPointer) w,
                    (FloatPointer) z,
                    ldz,
                    work);
        }
    }

    @Override
    public Pointer allocate(long count) {
        return new FloatPointer(count);
    }

    @Override
    public void copyLower(int n, Pointer from, int ldFrom, Pointer to, int ldTo) {
        openblas.LAPACKE_slacpy_work(
                openblas.LAPACK_COL_MAJOR, LOWER, n, n, (FloatPointer) from, ldFrom, (FloatPointer) to, ldTo);
    }

    @Override
    public void copy(
            int count, Pointer from, long fromPosition, int fromStride, Pointer to, long toPosition, int toStride) {
        openblas.cblas_scopy(
                count,
                (FloatPointer) from.position(fromPosition),
                fromStride,
                (FloatPointer) to.position(toPosition),
                toStride);
    }

    @Override
    public double absSum(int count, Pointer a, long position, int stride) {
        return openblas.cblas_sasum(count, (FloatPointer) a.position(position), stride);
    }

    @Override
    public void shiftDiagonal(int n, Pointer a, int lda, double shift) {
        FloatPointer values = (FloatPointer) a;
        for (int i = 0; i < n; i++) {
            long index = i * (lda + 1L);
            values.put(index, (float) (values.get(index) + shift));
        }
    }

    @Override
    public void trsvTransposed(int n, Pointer a, int lda, Pointer x, long position) {
        openblas.cblas_strsv(
                openblas.CblasColMajor,
                openblas.CblasLower,
                openblas.CblasTrans,
                openblas.CblasNonUnit,
                n,
                (FloatPointer) a,
                lda,
                (FloatPointer) x.position(position),
                1);
    }

    @Override
    public void syr(int n, double alpha, Pointer x, long position, Pointer a, int lda) {
        openblas.cblas_ssyr(
                openblas.CblasColMajor,
                openblas.CblasLower,
                n,
                (float) alpha,
                (FloatPointer) x.position(position),
                1,
                (FloatPointer) a,
                lda);
    }

    @Override
    public void scale(int count, double factor, Pointer a, long position, int stride) {
        openblas.cblas_sscal(count, (float) factor, (FloatPointer) a.position(position), stride);
    }

    @Override
    public double get(Pointer a, long position) {
        return ((FloatPointer) a.position(position)).get();
    }

    @Override
    public void put(Pointer a, long position, double value) {
        ((FloatPointer) a.position(position)).put((float) value);
    }
}
