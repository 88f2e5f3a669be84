package io.github.dl4jkfac.cuda;

import io.github.dl4jkfac.solve.FactorisationException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link DeviceAlgebra} on cuSOLVER and cuBLAS. One thread at a time uses the device; a second one would only share its
 * time and double the memory. That is kept from call to call, a few times the largest matrix.
 */
final class CudaAlgebra implements DeviceAlgebra {

    private final CudaDevice device;

    private final CudaContext cuda;

    private final ReentrantLock lock = new ReentrantLock();

    private final DeviceBuffer matrix = new DeviceBuffer();
    private final DeviceBuffer image = new DeviceBuffer();
    private final DeviceBuffer work = new DeviceBuffer();
    private final DeviceBuffer vector = new DeviceBuffer();
    private final DeviceBuffer product = new DeviceBuffer();
    private final DeviceBuffer ones = new DeviceBuffer();
    private final DeviceBuffer info = new DeviceBuffer();
    private final List<DeviceBuffer> buffers = List.of(matrix, image, work, product, vector, ones, info);

    private CudaAlgebra(CudaDevice device, CudaContext cuda) {
        this.device = device;
        this.cuda = cuda;
    }

    /**
     * Opens the first device.
     *
     * @throws DeviceException if there is none that can be used; its message is a clause
     * @throws LinkageError if CUDA, its Java classes or their natives are missing
     */
    static DeviceAlgebra open() {
        return new CudaAlgebra(CudaDevice.find(), CudaContext.open());
    }

    @Override
    public String name() {
        return device.toString();
    }

    @Override
    public void invert(HostMatrix m, double shift, HostMatrix out) {
        exclusively(() -> {
            Pointer inverse = inverse(m, shift);
            cuda.download(inverse, out, Kernels.of(m.type()).bytes());
        });
    }

    @Override
    public void eigen(HostMatrix symmetric, INDArray values) {
        exclusively(() -> decompose(symmetric, values));
    }

    @Override
    public void sandwich(HostMatrix left, HostMatrix v, HostMatrix right, HostMatrix out) {
        exclusively(() -> multiply(left, v, right, out));
    }

    private void exclusively(Runnable task) {
        lock.lock();
        try {
            task.run();
        } catch (DeviceException e) {
            if (e.kind() == DeviceException.Kind.OUT_OF_MEMORY) {
                // Smaller matrices shall not fail for what this one has taken.
                buffers.forEach(DeviceBuffer::release);
            }
            throw e;
        } finally {
            lock.unlock();
        }
    }

    /** Returns where the inverse lies on the device. */
    private Pointer inverse(HostMatrix m, double shift) {
        int n = m.order();
        Kernels kernels = Kernels.of(m.type());
        Pointer a = uploadedSymmetric(m, kernels, shift);
        int size = Math.max(kernels.potrfWork(cuda, n, a), kernels.potriWork(cuda, n, a));
        Pointer space = work.ofBytes(Math.max(size, n * (n + 1L) / 2) * kernels.bytes());
        kernels.potrf(cuda, n, a, space, size, info());
        requirePositiveDefinite(n, shift);
        if (!Double.isFinite(kernels.diagonalAbsSum(cuda, n, a))) {
            // cuSOLVER does not tell of the last pivot of some orders, such as 64, that it is the root of a negative
            // number.
            throw FactorisationException.notPositiveDefinite(n, shift, n);
        }
        kernels.potri(cuda, n, a, space, size, info());
        requirePositiveDefinite(n, shift);
        // The trace bounds every entry of a positive definite matrix.
        if (!Double.isFinite(kernels.diagonalAbsSum(cuda, n, a))) {
            throw FactorisationException.singular(n, shift);
        }
        return mirrored(kernels, m, a, space);
    }

    /**
     * Completes a lower triangle. What stands above it is unknown, and there is no routine that mirrors a triangle, nor one
     * that clears one: it is packed, unpacked over zeros, and added to its transpose. All of this is exact.
     */
    private Pointer mirrored(Kernels kernels, HostMatrix m, Pointer a, Pointer packed) {
        int n = m.order();
        long bytes = m.length() * kernels.bytes();
        Pointer cleared = image.ofBytes(bytes);
        cuda.clear(cleared, bytes);
        kernels.pack(cuda, n, a, packed);
        kernels.unpack(cuda, n, packed, cleared);
        kernels.mirror(cuda, n, cleared, a);
        return a;
    }

    private void requirePositiveDefinite(int n, double shift) {
        int minor = cuda.download(info());
        if (minor > 0) {
            throw FactorisationException.notPositiveDefinite(n, shift, minor);
        }
        requireAccepted(minor);
    }

    /** LAPACK numbers with a minus sign the argument that it does not take. */
    private static void requireAccepted(int info) {
        if (info < 0) {
            throw new DeviceException(DeviceException.Kind.REFUSED, "cuSOLVER refuses argument " + -info);
        }
    }

    private void decompose(HostMatrix symmetric, INDArray values) {
        int n = symmetric.order();
        Kernels kernels = Kernels.of(symmetric.type());
        Pointer a = uploadedSymmetric(symmetric, kernels, 0);
        Pointer w = vector.ofBytes((long) n * kernels.bytes());
        int size = kernels.syevdWork(cuda, n, a, w);
        if (size < 0) {
            throw new DeviceException(DeviceException.Kind.REFUSED, "the work space has more than 2^31 elements");
        }
        kernels.syevd(cuda, n, a, w, work.ofBytes((long) size * kernels.bytes()), size, info());
        int failures = cuda.download(info());
        requireAccepted(failures);
        if (failures > 0) {
            throw FactorisationException.noConvergence(n, failures);
        }
        cuda.download(w, values.data().addressPointer(), (long) n * kernels.bytes());
        overwrite(a, symmetric, kernels);
    }

    private void multiply(HostMatrix left, HostMatrix v, HostMatrix right, HostMatrix out) {
        int rows = v.rows();
        int cols = v.cols();
        Kernels kernels = Kernels.of(v.type());
        Pointer l = uploaded(left, matrix, kernels);
        Pointer r = uploaded(right, image, kernels);
        Pointer x = uploaded(v, work, kernels);
        Pointer y = product.ofBytes(v.length() * kernels.bytes());
        kernels.gemm(cuda, rows, cols, rows, l, x, y);
        kernels.gemm(cuda, rows, cols, cols, y, r, x);
        cuda.synchronize();
        overwrite(x, out, kernels);
    }

    private Pointer uploaded(HostMatrix m, DeviceBuffer buffer, Kernels kernels) {
        Pointer memory = buffer.ofBytes(m.length() * kernels.bytes());
        cuda.upload(m, memory, kernels.bytes());
        return memory;
    }

    /** Copies a result onto what it was computed from; all of the computation is known to have ended well. */
    private void overwrite(Pointer result, HostMatrix target, Kernels kernels) {
        try {
            cuda.download(result, target, kernels.bytes());
        } catch (DeviceException e) {
            throw new IllegalStateException(
                    "The matrix [" + target.rows() + ", " + target.cols() + "] is lost: " + e.getMessage(), e);
        }
    }

    /** Copies a symmetric matrix to the device, sees whether it is finite, and shifts its diagonal. */
    private Pointer uploadedSymmetric(HostMatrix m, Kernels kernels, double shift) {
        int n = m.order();
        long length = (long) n * kernels.bytes();
        Pointer a = matrix.ofBytes(m.length() * kernels.bytes());
        Pointer one = ones.ofBytes(length);
        Pointer sums = vector.ofBytes(length);
        try (Pointer hostOnes = kernels.ones(n);
                Pointer hostSums = kernels.allocate(n)) {
            cuda.upload(m, a, kernels.bytes());
            cuda.upload(hostOnes, one, length);
            // Sums over the rows read the lower triangle only, and whatever is not finite makes one of them so.
            kernels.symv(cuda, n, a, one, sums);
            cuda.download(sums, hostSums, length);
            if (!Double.isFinite(shift) || !kernels.areFinite(hostSums, n)) {
                throw FactorisationException.nonFinite(n, shift);
            }
        }
        if (shift != 0) {
            kernels.shiftDiagonal(cuda, n, shift, one, a);
        }
        return a;
    }

    private IntPointer info() {
        return new IntPointer(info.ofBytes(Integer.BYTES));
    }
}
