package io.github.dl4jkfac.cuda;

import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaMalloc;

import org.bytedeco.javacpp.Pointer;

/** Memory of the device that is kept from one call to the next, as large as the largest call has needed. */
final class DeviceBuffer {

    private Pointer memory = new Pointer();

    private long bytes;

    /**
     * Returns memory of at least this size. What an earlier call has returned is no longer valid.
     *
     * @throws DeviceException if there is not so much left
     */
    Pointer ofBytes(long needed) {
        if (needed > bytes) {
            release();
            Pointer larger = new Pointer();
            Status.cuda(cudaMalloc(larger, needed), "cudaMalloc of " + needed + " bytes");
            memory = larger;
            bytes = needed;
        }
        return memory;
    }

    /** Gives the memory back. */
    void release() {
        if (bytes > 0) {
            Pointer old = memory;
            memory = new Pointer();
            bytes = 0;
            Status.cuda(cudaFree(old), "cudaFree");
        }
    }
}
