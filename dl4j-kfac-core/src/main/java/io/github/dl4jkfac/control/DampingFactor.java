package io.github.dl4jkfac.control;

import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.NetworkScalars.Scalar;

/** What all dampings but those that come from L2 are multiplied with, kept in the updater state; 1 as long as nobody has changed it. */
public final class DampingFactor {

    private static final double LEAST = 1e-8;
    private static final double MOST = 1e8;

    private final NetworkScalars scalars;

    /**
     * Finds the factor of a network.
     *
     * @param scalars where it is kept
     */
    public DampingFactor(NetworkScalars scalars) {
        this.scalars = scalars;
    }

    /** {@return the factor} */
    public double get() {
        return scalars.get(Scalar.DAMPING_FACTOR, 1);
    }

    /**
     * Changes the factor, within bounds.
     *
     * @param by what it is multiplied with, positive
     */
    public void scale(double by) {
        scalars.set(Scalar.DAMPING_FACTOR, Math.min(MOST, Math.max(LEAST, by * get())));
    }
}
