package io.github.dl4jkfac.curvature;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says once per layer that a factor could not be inverted as asked. */
public final class DegradationLog {

    private static final Logger LOG = LoggerFactory.getLogger(DegradationLog.class);

    private final String layer;
    private boolean said;

    /**
     * Makes the log of one block.
     *
     * @param layer the layer's name
     */
    public DegradationLog(String layer) {
        this.layer = layer;
    }

    /**
     * Warns, unless this block has warned before.
     *
     * @param factor the factor's name
     * @param what happened to it, without a full stop
     */
    public void say(String factor, String what) {
        if (!said) {
            LOG.warn("Layer '{}': factor {} {}. Raise the damping. (Said once per layer.)", layer, factor, what);
            said = true;
        }
    }
}
