package io.github.dl4jkfac.control;

import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.NetworkScalars.Scalar;

/** What all dampings but those that come from L2 are multiplied with, kept in the updater state; 1 as long as nobody has changed it. */
public final class DampingFactor {

    private static final double LEAST = 1e-8;
    private static final double MOST = 1e8;

    /** What one output bends the usual losses by, on which the default dampings were chosen. */
    private static final double LEAST_USUAL = 1e-2;

    private static final double MOST_USUAL = 4;

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

    /**
     * Adapts dampings, which are absolute, to the scale of a loss that is not a usual one: weighted, or averaged over very many outputs.
     * Does so once, and not if the factor has been changed before.
     *
     * @param outputCurvature what one output bends the loss of one row by; nothing happens unless it is positive
     */
    void calibrate(double outputCurvature) {
        if (get() == 1 && outputCurvature > 0 && Double.isFinite(outputCurvature)) {
            scale(outputCurvature / Math.max(LEAST_USUAL, Math.min(MOST_USUAL, outputCurvature)));
        }
    }
}
