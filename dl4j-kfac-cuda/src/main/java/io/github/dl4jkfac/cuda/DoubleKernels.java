package io.github.dl4jkfac.cuda;

import static org.bytedeco.cuda.global.cublas.CUBLAS_FILL_MODE_LOWER;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_N;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_T;
import static org.bytedeco.cuda.global.cublas.cublasDasum_v2;
import static org.bytedeco.cuda.global.cublas.cublasDaxpy_v2;
import static org.bytedeco.cuda.global.cublas.cublasDgeam;
import static org.bytedeco.cuda.global.cublas.cublasDgemm_v2;
import static org.bytedeco.cuda.global.cublas.cublasDscal_v2;
import static org.bytedeco.cuda.global.cublas.cublasDsymv_v2;
import static org.bytedeco.cuda.global.cublas.cublasDtpttr;
import static org.bytedeco.cuda.global.cublas.cublasDtrttp;
import static org.bytedeco.cuda.global.cusolver.CUSOLVER_EIG_MODE_VECTOR;
import static org.bytedeco.cuda.global.cusolver.cusolverDnDpotrf;
import static org.bytedeco.cuda.global.cusolver.cusolverDnDpotrf_bufferSize;
import static org.bytedeco.cuda.global.cusolver.cusolverDnDpotri;
import static org.bytedeco.cuda.global.cusolver.cusolverDnDpotri_bufferSize;
import static org.bytedeco.cuda.global.cusolver.cusolverDnDsyevd;
import static org.bytedeco.cuda.global.cusolver.cusolverDnDsyevd_bufferSize;

import java.util.Arrays;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/** {@link Kernels} for {@code DOUBLE}. */
enum DoubleKernels implements Kernels {
    INSTANCE;

    private static final DoublePointer ZERO = new DoublePointer(0.0);
    private static final DoublePointer HALF = new DoublePointer(0.5);
    private static final DoublePointer ONE = new DoublePointer(1.0);

    private static DoublePointer typed(Pointer pointer) {
        return new DoublePointer(pointer);
    }

    @Override
    public int bytes() {
        return Double.BYTES;
    }

    @Override
    public int potrfWork(CudaContext cuda, int n, Pointer a) {
        try (IntPointer size = new IntPointer(1L)) {
            Status.solver(
                    cusolverDnDpotrf_bufferSize(cuda.solver(), CUBLAS_FILL_MODE_LOWER, n, typed(a), n, size),
                    "cusolverDnDpotrf_bufferSize");
            return size.get();
        }
    }

    @Override
    public void potrf(CudaContext cuda, int n, Pointer a, Pointer work, int size, IntPointer info) {
        Status.solver(
                cusolverDnDpotrf(cuda.solver(), CUBLAS_FILL_MODE_LOWER, n, typed(a), n, typed(work), size, info),
                "cusolverDnDpotrf");
    }

    @Override
    public int potriWork(CudaContext cuda, int n, Pointer a) {
        try (IntPointer size = new IntPointer(1L)) {
            Status.solver(
                    cusolverDnDpotri_bufferSize(cuda.solver(), CUBLAS_FILL_MODE_LOWER, n, typed(a), n, size),
                    "cusolverDnDpotri_bufferSize");
            return size.get();
        }
    }

    @Override
    public void potri(CudaContext cuda, int n, Pointer a, Pointer work, int size, IntPointer info) {
        Status.solver(
                cusolverDnDpotri(cuda.solver(), CUBLAS_FILL_MODE_LOWER, n, typed(a), n, typed(work), size, info),
                "cusolverDnDpotri");
    }

    @Override
    public int syevdWork(CudaContext cuda, int n, Pointer a, Pointer w) {
        try (IntPointer size = new IntPointer(1L)) {
            Status.solver(
                    cusolverDnDsyevd_bufferSize(
                            cuda.solver(),
                            CUSOLVER_EIG_MODE_VECTOR,
                            CUBLAS_FILL_MODE_LOWER,
                            n,
                            typed(a),
                            n,
                            typed(w),
                            size),
                    "cusolverDnDsyevd_bufferSize");
            return size.get();
        }
    }

    @Override
    public void syevd(CudaContext cuda, int n, Pointer a, Pointer w, Pointer work, int size, IntPointer info) {
        Status.solver(
                cusolverDnDsyevd(
                        cuda.solver(),
                        CUSOLVER_EIG_MODE_VECTOR,
                        CUBLAS_FILL_MODE_LOWER,
                        n,
                        typed(a),
                        n,
                        typed(w),
                        typed(work),
                        size,
                        info),
                "cusolverDnDsyevd");
    }

    @Override
    public void symv(CudaContext cuda, int n, Pointer a, Pointer x, Pointer y) {
        Status.blas(
                cublasDsymv_v2(
                        cuda.blas(), CUBLAS_FILL_MODE_LOWER, n, ONE, typed(a), n, typed(x), 1, ZERO, typed(y), 1),
                "cublasDsymv");
    }

    @Override
    public void shiftDiagonal(CudaContext cuda, int n, double shift, Pointer ones, Pointer a) {
        try (DoublePointer factor = new DoublePointer(shift)) {
            Status.blas(cublasDaxpy_v2(cuda.blas(), n, factor, typed(ones), 1, typed(a), n + 1), "cublasDaxpy");
        }
    }

    @Override
    public double diagonalAbsSum(CudaContext cuda, int n, Pointer a) {
        try (DoublePointer sum = new DoublePointer(1L)) {
            Status.blas(cublasDasum_v2(cuda.blas(), n, typed(a), n + 1, sum), "cublasDasum");
            return sum.get();
        }
    }

    @Override
    public void gemm(CudaContext cuda, int m, int n, int k, Pointer a, Pointer b, Pointer c) {
        Status.blas(
                cublasDgemm_v2(
                        cuda.blas(),
                        CUBLAS_OP_N,
                        CUBLAS_OP_N,
                        m,
                        n,
                        k,
                        ONE,
                        typed(a),
                        m,
                        typed(b),
                        k,
                        ZERO,
                        typed(c),
                        m),
                "cublasDgemm");
    }

    @Override
    public void pack(CudaContext cuda, int n, Pointer a, Pointer packed) {
        Status.blas(cublasDtrttp(cuda.blas(), CUBLAS_FILL_MODE_LOWER, n, typed(a), n, typed(packed)), "cublasDtrttp");
    }

    @Override
    public void unpack(CudaContext cuda, int n, Pointer packed, Pointer a) {
        Status.blas(cublasDtpttr(cuda.blas(), CUBLAS_FILL_MODE_LOWER, n, typed(packed), typed(a), n), "cublasDtpttr");
    }

    @Override
    public void mirror(CudaContext cuda, int n, Pointer a, Pointer b) {
        Status.blas(
                cublasDgeam(
                        cuda.blas(), CUBLAS_OP_N, CUBLAS_OP_T, n, n, ONE, typed(a), n, ONE, typed(a), n, typed(b), n),
                "cublasDgeam");
        Status.blas(cublasDscal_v2(cuda.blas(), n, HALF, typed(b), n + 1), "cublasDscal");
    }

    @Override
    public Pointer ones(int n) {
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        return new DoublePointer(ones);
    }

    @Override
    public Pointer allocate(int n) {
        return new DoublePointer((long) n);
    }

    @Override
    public boolean areFinite(Pointer host, int n) {
        double[] values = new double[n];
        typed(host).get(values);
        double sum = 0;
        for (double value : values) {
            sum += 0 * value; // 0 for what is finite, and else NaN
        }
        return sum == 0;
    }
}
