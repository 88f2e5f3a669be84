package io.github.dl4jkfac.control;

import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.NetworkScalars.Scalar;

/**
 * How much of the curvature that a batch shows along its own update other batches show too. U is made of the gradients of its batch, noise
 * included, so that U^T G U is larger there than anywhere else: by tens of times where batches are small. The last step was made of other
 * rows than the present batch's, and is measured on these anyway; what it has of U^T G U there, in units of what its own batch showed, is
 * averaged in its logarithm. A full batch is its own next one, and the share 1.
 */
final class FreshCurvature {

    /** Weight of the past in the average. */
    private static final double MEMORY = 0.8;

    /** One batch alone may show as good as nothing, or by chance more than its own. */
    private static final double LEAST = 0.01;

    private static final double MOST = 4;

    /** Nothing is learnt about U from a step that was made of less of it, in units of the rest of the step. */
    private static final double LEAST_PART = 1;

    /**
     * The step itself changes the curvature too, so that an average down to a half stands for the whole. Without this, large batches,
     * which show about 0.6, take steps that are too long.
     */
    private static final double CAUTION = 2;

    private final NetworkScalars scalars;
    private final boolean isOff;

    /** @param isOff whether the share shall stay 1 */
    FreshCurvature(NetworkScalars scalars, boolean isOff) {
        this.scalars = scalars;
        this.isOff = isOff;
    }

    /** The share of its own batch's U^T G U that U is expected to have elsewhere, in [0.02,1]; 1 as long as nothing has been measured. */
    double share() {
        return isOff ? 1 : Math.min(1, CAUTION * Math.exp(scalars.get(Scalar.FRESH_LOG_SHARE, 0)));
    }

    /** Whether other batches show as much of it as the own one, so that what is measured is worth more than an average. */
    boolean isShared() {
        return share() == 1;
    }

    /**
     * A step d = alpha U + mu m has been taken.
     *
     * @param own the model of its batch, with the curvature as measured there
     * @param alpha of the step
     * @param mu of the step
     */
    void taken(QuadraticModel own, double alpha, double mu) {
        double ofUpdate = alpha * alpha * own.curvature();
        scalars.set(Scalar.OWN_CURVATURE, ofUpdate);
        scalars.set(Scalar.OWN_REST, own.squaredLength(alpha, mu) - ofUpdate);
    }

    /** A step has been taken whose own curvature is not known. */
    void takenUnmeasured() {
        scalars.set(Scalar.OWN_CURVATURE, 0);
    }

    /** @param squaredLength d^T G d of the last step, on the present batch */
    void see(double squaredLength) {
        double own = scalars.get(Scalar.OWN_CURVATURE, 0);
        double rest = scalars.get(Scalar.OWN_REST, 0);
        if (!(own > LEAST_PART * Math.abs(rest)) || !Double.isFinite(squaredLength)) {
            return;
        }
        double seen = Math.log(Math.max(LEAST, Math.min(MOST, (squaredLength - rest) / own)));
        double count = scalars.get(Scalar.FRESH_COUNT, 0) + 1;
        double old = scalars.get(Scalar.FRESH_LOG_SHARE, 0);
        scalars.set(Scalar.FRESH_LOG_SHARE, old + (seen - old) * Math.max(1 / count, 1 - MEMORY));
        scalars.set(Scalar.FRESH_COUNT, Math.min(count, 1 / (1 - MEMORY)));
    }
}
