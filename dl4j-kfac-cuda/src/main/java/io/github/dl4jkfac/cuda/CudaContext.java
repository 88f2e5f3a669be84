package io.github.dl4jkfac.cuda;

import static org.bytedeco.cuda.global.cublas.cublasCreate_v2;
import static org.bytedeco.cuda.global.cublas.cublasSetStream_v2;
import static org.bytedeco.cuda.global.cudart.cudaMemcpy2DAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;
import static org.bytedeco.cuda.global.cudart.cudaMemsetAsync;
import static org.bytedeco.cuda.global.cudart.cudaStreamCreateWithFlags;
import static org.bytedeco.cuda.global.cudart.cudaStreamNonBlocking;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;
import static org.bytedeco.cuda.global.cusolver.cusolverDnCreate;
import static org.bytedeco.cuda.global.cusolver.cusolverDnSetStream;

import org.bytedeco.cuda.cublas.cublasContext;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.cusolver.cusolverDnContext;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * cuBLAS and cuSOLVER on one stream, and copies in its order. It lasts until the process ends, when the driver takes all
 * back: at that time CUDA may already be closed for the JVM, so nothing is closed here.
 *
 * @param blas handle of cuBLAS
 * @param solver handle of cuSOLVER
 * @param stream in which all work is done, one thing after the other
 */
record CudaContext(cublasContext blas, cusolverDnContext solver, CUstream_st stream) {

    static CudaContext open() {
        cublasContext blas = new cublasContext();
        cusolverDnContext solver = new cusolverDnContext();
        CUstream_st stream = new CUstream_st();
        // One that does not wait for what other code of this process does on the default stream.
        Status.cuda(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
        Status.blas(cublasCreate_v2(blas), "cublasCreate");
        Status.blas(cublasSetStream_v2(blas, stream), "cublasSetStream");
        Status.solver(cusolverDnCreate(solver), "cusolverDnCreate");
        Status.solver(cusolverDnSetStream(solver, stream), "cusolverDnSetStream");
        return new CudaContext(blas, solver, stream);
    }

    /** Waits for all work, and finds out whether it has failed. */
    void synchronize() {
        Status.cuda(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    }

    /** Copies to the device. Main memory must stay as it is until the next download, or {@link #synchronize}. */
    void upload(Pointer host, Pointer device, long bytes) {
        Status.cuda(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync");
    }

    /** Copies from the device and waits for it. */
    void download(Pointer device, Pointer host, long bytes) {
        Status.cuda(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream), "cudaMemcpyAsync");
        synchronize();
    }

    /** Copies a matrix to the device in the same way. Its columns lie without gaps there. */
    void upload(HostMatrix host, Pointer device, int elementBytes) {
        long column = (long) host.rows() * elementBytes;
        if (host.columnStride() == host.rows()) {
            upload(host.memory(), device, column * host.cols());
            return;
        }
        long stride = host.columnStride() * elementBytes;
        Status.cuda(
                cudaMemcpy2DAsync(
                        device, column, host.memory(), stride, column, host.cols(), cudaMemcpyHostToDevice, stream),
                "cudaMemcpy2DAsync");
    }

    /** Copies a matrix without gaps from the device and waits for it. */
    void download(Pointer device, HostMatrix host, int elementBytes) {
        long column = (long) host.rows() * elementBytes;
        if (host.columnStride() == host.rows()) {
            download(device, host.memory(), column * host.cols());
            return;
        }
        long stride = host.columnStride() * elementBytes;
        Status.cuda(
                cudaMemcpy2DAsync(
                        host.memory(), stride, device, column, column, host.cols(), cudaMemcpyDeviceToHost, stream),
                "cudaMemcpy2DAsync");
        synchronize();
    }

    int download(IntPointer device) {
        try (IntPointer host = new IntPointer(1L)) {
            download(device, host, Integer.BYTES);
            return host.get();
        }
    }

    void clear(Pointer device, long bytes) {
        Status.cuda(cudaMemsetAsync(device, 0, bytes, stream), "cudaMemsetAsync");
    }
}
