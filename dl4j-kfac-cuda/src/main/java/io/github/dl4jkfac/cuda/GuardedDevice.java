package io.github.dl4jkfac.cuda;

import java.util.EnumSet;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device that is allowed to fail. What it cannot do it leaves undone, and says so once for each kind of failure. After a
 * failure that lasts it is not asked again.
 */
final class GuardedDevice {

    private static final Logger LOG = LoggerFactory.getLogger(GuardedDevice.class);

    private final DeviceAlgebra device;

    private final Set<DeviceException.Kind> known = EnumSet.noneOf(DeviceException.Kind.class);

    private volatile boolean isLost;

    GuardedDevice(DeviceAlgebra device) {
        this.device = device;
    }

    @Override
    public String toString() {
        return device.name();
    }

    /** {@link DeviceAlgebra#invert}; returns false if the device has failed, and {@code out} is unspecified then. */
    boolean invert(HostMatrix m, double shift, HostMatrix out) {
        return attempt(m.order(), () -> device.invert(m, shift, out));
    }

    /** {@link DeviceAlgebra#eigen}; returns false if the device has failed, and the matrix is what it was. */
    boolean eigen(HostMatrix symmetric, INDArray values) {
        return attempt(symmetric.order(), () -> device.eigen(symmetric, values));
    }

    /** {@link DeviceAlgebra#sandwich}; returns false if the device has failed, and V is what it was. */
    boolean sandwich(HostMatrix left, HostMatrix v, HostMatrix right, HostMatrix out) {
        return attempt(Math.max(v.rows(), v.cols()), () -> device.sandwich(left, v, right, out));
    }

    private boolean attempt(int order, Runnable work) {
        if (isLost) {
            return false;
        }
        try {
            work.run();
            return true;
        } catch (DeviceException e) {
            isLost |= e.kind() == DeviceException.Kind.LOST;
            warn(order, e);
            return false;
        }
    }

    private void warn(int order, DeviceException failure) {
        synchronized (known) {
            if (!known.add(failure.kind())) {
                return;
            }
        }
        LOG.warn(
                "{} could not work on a matrix of order {}: {}. The CPU does it instead, {}. (Said once.)",
                device.name(),
                order,
                failure.getMessage(),
                failure.kind() == DeviceException.Kind.LOST ? "and all that follow" : "as it will others like it");
    }
}
