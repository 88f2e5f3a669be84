package io.github.dl4jkfac.cuda;

import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a search for a device has found.
 *
 * @param device ready to be used; null if there is an obstacle
 * @param obstacle why there is no device, a clause; null if there is one
 */
record DeviceSearch(GuardedDevice device, String obstacle) {

    private static final Logger LOG = LoggerFactory.getLogger(DeviceSearch.class);

    private static final class OfProcess {
        private static final DeviceSearch RESULT = run(CudaAlgebra::open);
    }

    /** The one search of this process, made at its first use and logged in one line. */
    static DeviceSearch ofProcess() {
        return OfProcess.RESULT;
    }

    /**
     * Opens a device and checks what it computes. Never throws, except for what ends the JVM anyway.
     *
     * @param opener throws a {@link DeviceException} or a {@link LinkageError} if there is no device
     */
    static DeviceSearch run(Supplier<DeviceAlgebra> opener) {
        DeviceSearch search = examine(opener);
        if (search.obstacle == null) {
            LOG.info("K-FAC can use the GPU {}", search.device);
        } else {
            LOG.info("K-FAC uses no GPU, as {}", search.obstacle);
        }
        return search;
    }

    private static DeviceSearch examine(Supplier<DeviceAlgebra> opener) {
        try {
            DeviceAlgebra algebra = opener.get();
            String fault = new DeviceCheck(algebra).fault();
            return fault == null
                    ? new DeviceSearch(new GuardedDevice(algebra), null)
                    : none(algebra.name() + " does not pass its check: " + fault);
        } catch (DeviceException e) {
            return none(e.getMessage());
        } catch (LinkageError e) {
            return none("CUDA does not load: " + rootOf(e));
        } catch (RuntimeException e) {
            LOG.debug("The search for a GPU has failed", e);
            return none("the search for a GPU has failed: " + rootOf(e));
        }
    }

    private static DeviceSearch none(String obstacle) {
        return new DeviceSearch(null, obstacle);
    }

    /** The first cause, which names the library that is missing. */
    private static Throwable rootOf(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }
}
