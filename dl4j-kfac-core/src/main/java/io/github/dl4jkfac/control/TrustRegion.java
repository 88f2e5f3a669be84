package io.github.dl4jkfac.control;

import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.NetworkScalars.Scalar;

/**
 * How far the quadratic model is trusted: a bound of d^T G d, the squared length of a step in the metric of the batch's Gauss-Newton
 * matrix. It is in units of the objective, which it takes its first value from, so that scaling the loss does not change the steps. It grows
 * where the objective falls as foretold up to its rim, and shrinks where it falls by less than a quarter of that (Conn, Gould and Toint
 * 2000, ch. 6). Beyond twice the score it does not grow: the step that takes a sum of squares to zero is as long as that.
 */
final class TrustRegion {

    /** The first bound, in units of the first loss. */
    static final double START = 0.1;

    static final double FACTOR = 1.5;

    /** Steps whose squared length is more than this share of the bound are at its rim. */
    private static final double RIM = 0.5;

    /**
     * The largest bound that growth leads to, in units of the score. It matters where the derivatives are not those of the loss, as
     * Deeplearning4j's for a softmax whose labels do not sum to one: these foretell a fall without end.
     */
    private static final double LARGEST = 2;

    /** The bound does not fall further at once, since one step may be short for other reasons. */
    private static final double STEEPEST = 1.0 / 16;

    private final NetworkScalars scalars;
    private final boolean isOff;
    private double largest;

    TrustRegion(NetworkScalars scalars) {
        this(scalars, false);
    }

    /** @param isOff whether it shall bound nothing */
    TrustRegion(NetworkScalars scalars, boolean isOff) {
        this.scalars = scalars;
        this.isOff = isOff;
    }

    /** The bound; infinite before the first loss. */
    double bound() {
        return scalars.get(Scalar.STEP_REGION, Double.POSITIVE_INFINITY);
    }

    /**
     * Sets the first bound, where there is none yet.
     *
     * @param loss the objective of the present batch; one that is not positive sets no bound
     * @param score Deeplearning4j's loss of the same
     */
    void see(double loss, double score) {
        largest = LARGEST * Math.abs(score);
        if (!isOff && loss > 0 && Double.isInfinite(bound())) {
            scalars.set(Scalar.STEP_REGION, START * loss);
        }
    }

    /** The share of a step of this squared length that lies inside, at most the given one. */
    double inside(double share, double squaredLength) {
        return share * share * squaredLength > bound() ? Math.sqrt(bound() / squaredLength) : share;
    }

    /**
     * Follows a step that has been tried.
     *
     * @param ratio rho, the objective's change in units of the foretold one, at least 0
     * @param squaredLength of the step
     */
    void follow(double ratio, double squaredLength) {
        if (Double.isInfinite(bound())) {
            return;
        }
        if (ratio > 0.75 && squaredLength > RIM * bound()) {
            scalars.set(Scalar.STEP_REGION, Math.max(bound(), Math.min(largest, FACTOR * bound())));
        } else if (ratio < 0.25) {
            scalars.set(Scalar.STEP_REGION, Math.max(STEEPEST * bound(), Math.min(bound(), squaredLength)) / FACTOR);
        }
    }

    /** @param squaredLength of a step that is short enough, after longer ones have failed */
    void shrinkTo(double squaredLength) {
        if (!isOff && squaredLength > 0) {
            scalars.set(Scalar.STEP_REGION, squaredLength);
        }
    }
}
