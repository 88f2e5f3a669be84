package io.github.dl4jkfac.cuda;

import static org.bytedeco.cuda.global.cublas.CUBLAS_FILL_MODE_LOWER;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_N;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_T;
import static org.bytedeco.cuda.global.cublas.cublasSasum_v2;
import static org.bytedeco.cuda.global.cublas.cublasSaxpy_v2;
import static org.bytedeco.cuda.global.cublas.cublasSgeam;
import static org.bytedeco.cuda.global.cublas.cublasSgemm_v2;
import static org.bytedeco.cuda.global.cublas.cublasSscal_v2;
import static org.bytedeco.cuda.global.cublas.cublasSsymv_v2;
import static org.bytedeco.cuda.global.cublas.cublasStpttr;
import static org.bytedeco.cuda.global.cublas.cublasStrttp;
import static org.bytedeco.cuda.global.cusolver.CUSOLVER_EIG_MODE_VECTOR;
import static org.bytedeco.cuda.global.cusolver.cusolverDnSpotrf;
import static org.bytedeco.cuda.global.cusolver.cusolverDnSpotrf_bufferSize;
import static org.bytedeco.cuda.global.cusolver.cusolverDnSpotri;
import static org.bytedeco.cuda.global.cusolver.cusolverDnSpotri_bufferSize;
import static org.bytedeco.cuda.global.cusolver.cusolverDnSsyevd;
import static org.bytedeco.cuda.global.cusolver.cusolverDnSsyevd_bufferSize;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/** {@link Kernels} for {@code FLOAT}. */
enum FloatKernels implements Kernels {
    INSTANCE;

    private static final FloatPointer ZERO = new FloatPointer(0f);
    private static final FloatPointer HALF = new FloatPointer(0.5f);
    private static final FloatPointer ONE = new FloatPointer(1f);

    private static FloatPointer typed(Pointer pointer) {
        return new FloatPointer(pointer);
    }

    @Override
    public int bytes() {
        return Float.BYTES;
    }

    @Override
    public int potrfWork(CudaContext cuda, int n, Pointer a) {
        try (IntPointer size = new IntPointer(1L)) {
            Status.solver(
                    cusolverDnSpotrf_bufferSize(cuda.solver(), CUBLAS_FILL_MODE_LOWER, n, typed(a), n, size),
                    "cusolverDnSpotrf_bufferSize");
            return size.get();
        }
    }

    @Override
    public void potrf(CudaContext cuda, int n, Pointer a, Pointer work, int size, IntPointer info) {
        Status.solver(
                cusolverDnSpotrf(cuda.solver(), CUBLAS_FILL_MODE_LOWER, n, typed(a), n, typed(work), size, info),
                "cusolverDnSpotrf");
    }

    @Override
    public int potriWork(CudaContext cuda, int n, Pointer a) {
        try (IntPointer size = new IntPointer(1L)) {
            Status.solver(
                    cusolverDnSpotri_bufferSize(cuda.solver(), CUBLAS_FILL_MODE_LOWER, n, typed(a), n, size),
                    "cusolverDnSpotri_bufferSize");
            return size.get();
        }
    }

    @Override
    public void potri(CudaContext cuda, int n, Pointer a, Pointer work, int size, IntPointer info) {
        Status.solver(
                cusolverDnSpotri(cuda.solver(), CUBLAS_FILL_MODE_LOWER, n, typed(a), n, typed(work), size, info),
                "cusolverDnSpotri");
    }

    @Override
    public int syevdWork(CudaContext cuda, int n, Pointer a, Pointer w) {
        try (IntPointer size = new IntPointer(1L)) {
            Status.solver(
                    cusolverDnSsyevd_bufferSize(
                            cuda.solver(),
                            CUSOLVER_EIG_MODE_VECTOR,
                            CUBLAS_FILL_MODE_LOWER,
                            n,
                            typed(a),
                            n,
                            typed(w),
                            size),
                    "cusolverDnSsyevd_bufferSize");
            return size.get();
        }
    }

    @Override
    public void syevd(CudaContext cuda, int n, Pointer a, Pointer w, Pointer work, int size, IntPointer info) {
        Status.solver(
                cusolverDnSsyevd(
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
                "cusolverDnSsyevd");
    }

    @Override
    public void symv(CudaContext cuda, int n, Pointer a, Pointer x, Pointer y) {
        Status.blas(
                cublasSsymv_v2(
                        cuda.blas(), CUBLAS_FILL_MODE_LOWER, n, ONE, typed(a), n, typed(x), 1, ZERO, typed(y), 1),
                "cublasSsymv");
    }

    @Override
    public void shiftDiagonal(CudaContext cuda, int n, double shift, Pointer ones, Pointer a) {
        try (FloatPointer factor = new FloatPointer((float) shift)) {
            Status.blas(cublasSaxpy_v2(cuda.blas(), n, factor, typed(ones), 1, typed(a), n + 1), "cublasSaxpy");
        }
    }

    @Override
    public double diagonalAbsSum(CudaContext cuda, int n, Pointer a) {
        try (FloatPointer sum = new FloatPointer(1L)) {
            Status.blas(cublasSasum_v2(cuda.blas(), n, typed(a), n + 1, sum), "cublasSasum");
            return sum.get();
        }
    }

    @Override
    public void gemm(CudaContext cuda, int m, int n, int k, Pointer a, Pointer b, Pointer c) {
        Status.blas(
                cublasSgemm_v2(
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
                "cublasSgemm");
    }

    @Override
    public void pack(CudaContext cuda, int n, Pointer a, Pointer packed) {
        Status.blas(cublasStrttp(cuda.blas(), CUBLAS_FILL_MODE_LOWER, n, typed(a), n, typed(packed)), "cublasStrttp");
    }

    @Override
    public void unpack(CudaContext cuda, int n, Pointer packed, Pointer a) {
        Status.blas(cublasStpttr(cuda.blas(), CUBLAS_FILL_MODE_LOWER, n, typed(packed), typed(a), n), "cublasStpttr");
    }

    @Override
    public void mirror(CudaContext cuda, int n, Pointer a, Pointer b) {
        Status.blas(
                cublasSgeam(
                        cuda.blas(), CUBLAS_OP_N, CUBLAS_OP_T, n, n, ONE, typed(a), n, ONE, typed(a), n, typed(b), n),
                "cublasSgeam");
        Status.blas(cublasSscal_v2(cuda.blas(), n, HALF, typed(b), n + 1), "cublasSscal");
    }

    @Override
    public Pointer ones(int n) {
        float[] ones = new float[n];
        Arrays.fill(ones, 1);
        return new FloatPointer(ones);
    }

    @Override
    public Pointer allocate(int n) {
        return new FloatPointer((long) n);
    }

    @Override
    public boolean areFinite(Pointer host, int n) {
        float[] values = new float[n];
        typed(host).get(values);
        float sum = 0;
        for (float value : values) {
            sum += 0 * value; // 0 for what is finite, and else NaN
        }
        return sum == 0;
    }
}
