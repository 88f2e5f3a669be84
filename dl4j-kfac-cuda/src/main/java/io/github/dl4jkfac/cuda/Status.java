package io.github.dl4jkfac.cuda;

import static org.bytedeco.cuda.global.cublas.CUBLAS_STATUS_ALLOC_FAILED;
import static org.bytedeco.cuda.global.cublas.CUBLAS_STATUS_SUCCESS;
import static org.bytedeco.cuda.global.cudart.cudaErrorMemoryAllocation;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorString;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaSuccess;
import static org.bytedeco.cuda.global.cusolver.CUSOLVER_STATUS_ALLOC_FAILED;
import static org.bytedeco.cuda.global.cusolver.CUSOLVER_STATUS_SUCCESS;

import io.github.dl4jkfac.cuda.DeviceException.Kind;
import org.bytedeco.javacpp.BytePointer;

/** Turns what CUDA's functions return into exceptions. */
final class Status {

    private Status() {}

    /** Checks what a function of the CUDA runtime has returned; its name is for the message. */
    static void cuda(int error, String function) {
        if (error == cudaSuccess) {
            return;
        }
        // CUDA keeps an error that does not last until it is asked for, and would report it once more.
        cudaGetLastError();
        boolean outOfMemory = error == cudaErrorMemoryAllocation;
        throw new DeviceException(
                outOfMemory ? Kind.OUT_OF_MEMORY : Kind.LOST,
                "CUDA's " + function + " says '" + text(error) + "' (error " + error + ")");
    }

    static String text(int error) {
        BytePointer text = cudaGetErrorString(error);
        return text == null || text.isNull() ? "unknown error" : text.getString();
    }

    static void blas(int status, String function) {
        if (status != CUBLAS_STATUS_SUCCESS) {
            throw refused(status == CUBLAS_STATUS_ALLOC_FAILED, function, status);
        }
    }

    static void solver(int status, String function) {
        if (status != CUSOLVER_STATUS_SUCCESS) {
            throw refused(status == CUSOLVER_STATUS_ALLOC_FAILED, function, status);
        }
    }

    private static DeviceException refused(boolean outOfMemory, String function, int status) {
        return new DeviceException(
                outOfMemory ? Kind.OUT_OF_MEMORY : Kind.REFUSED,
                function + " returns status " + status + (outOfMemory ? ", out of memory" : ""));
    }
}
