package io.github.dl4jkfac.cuda;

import static org.bytedeco.cuda.global.cudart.cuDeviceGetName;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrComputeCapabilityMajor;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrComputeCapabilityMinor;
import static org.bytedeco.cuda.global.cudart.cudaDeviceGetAttribute;
import static org.bytedeco.cuda.global.cudart.cudaDriverGetVersion;
import static org.bytedeco.cuda.global.cudart.cudaErrorInsufficientDriver;
import static org.bytedeco.cuda.global.cudart.cudaErrorNoDevice;
import static org.bytedeco.cuda.global.cudart.cudaGetDeviceCount;
import static org.bytedeco.cuda.global.cudart.cudaRuntimeGetVersion;
import static org.bytedeco.cuda.global.cudart.cudaSuccess;

import io.github.dl4jkfac.cuda.DeviceException.Kind;
import java.nio.charset.StandardCharsets;

/**
 * The first device that CUDA shows.
 *
 * @param name what the driver calls it
 * @param runtime version of CUDA's runtime, such as 13010 for 13.1
 * @param capability its compute capability, 75 for 7.5
 */
record CudaDevice(String name, int runtime, int capability) {

    private static final int NUMBER = 0;

    private static final int CUDA_13 = 13000;

    /** The libraries of CUDA 13 have no code for older devices. */
    private static final int LEAST_CAPABILITY_OF_CUDA_13 = 75;

    private static final int NAME_BYTES = 256;

    /**
     * Finds the device.
     *
     * @throws DeviceException if there is none that can be used; its message is a clause
     * @throws LinkageError if CUDA, its Java classes or their natives are missing
     */
    static CudaDevice find() {
        int[] count = new int[1];
        int error = cudaGetDeviceCount(count);
        if (error == cudaErrorInsufficientDriver) {
            throw none("the driver is too old: it is for CUDA " + version(driver()) + ", and CUDA "
                    + version(runtimeVersion()) + " is installed");
        }
        if (error == cudaErrorNoDevice || error == cudaSuccess && count[0] == 0) {
            throw none("there is no device");
        }
        Status.cuda(error, "cudaGetDeviceCount");
        int capability =
                10 * attribute(cudaDevAttrComputeCapabilityMajor) + attribute(cudaDevAttrComputeCapabilityMinor);
        CudaDevice device = new CudaDevice(deviceName(), runtimeVersion(), capability);
        if (device.runtime >= CUDA_13 && capability < LEAST_CAPABILITY_OF_CUDA_13) {
            throw none(device + " is older than CUDA 13 supports");
        }
        return device;
    }

    @Override
    public String toString() {
        return name + " of compute capability " + capability / 10 + "." + capability % 10 + " with CUDA "
                + version(runtime);
    }

    private static DeviceException none(String why) {
        return new DeviceException(Kind.LOST, why);
    }

    private static String version(int number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    private static int runtimeVersion() {
        int[] version = new int[1];
        cudaRuntimeGetVersion(version);
        return version[0];
    }

    private static int driver() {
        int[] version = new int[1];
        cudaDriverGetVersion(version);
        return version[0];
    }

    private static int attribute(int attribute) {
        int[] value = new int[1];
        Status.cuda(cudaDeviceGetAttribute(value, attribute, NUMBER), "cudaDeviceGetAttribute");
        return value[0];
    }

    private static String deviceName() {
        // Not cudaGetDeviceProperties: its structure differs from one version of CUDA to the next.
        byte[] name = new byte[NAME_BYTES];
        if (cuDeviceGetName(name, name.length, NUMBER) != cudaSuccess) {
            return "a device without a name";
        }
        return new String(name, StandardCharsets.UTF_8).replaceFirst("\0.*", "");
    }
}
