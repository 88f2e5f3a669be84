package io.github.dl4jkfac.control;

import io.github.dl4jkfac.capture.probe.LocalObjective;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Tries a step before it is taken, and halves it until it does not make the objective worse, or has become very short. */
final class StepSearch {

    static final int MOST_HALVINGS = 12;

    /** The step that a failed search leaves for the next time, in units of the first one's squared length. */
    private static final double AFTER_FAILURE = 1.0 / 256;

    /** A model is good if at least this share of what it promises comes true. */
    private static final double GOOD_RATIO = 0.5;

    private final TrustRegion region;
    private final boolean isOff;

    /**
     * Makes a search.
     *
     * @param region follows what is found
     * @param isOff whether the first step shall be taken, whatever comes of it
     */
    StepSearch(TrustRegion region, boolean isOff) {
        this.region = region;
        this.isOff = isOff;
    }

    /**
     * A step that has been tried.
     *
     * @param share of the model's step that is taken
     * @param promised decrease of the objective
     * @param decrease of the objective
     * @param halvings before it was short enough
     * @param foretold whether the model has told the decrease, as far as rounding lets that be seen
     */
    record Trial(double share, double promised, double decrease, int halvings, boolean foretold) {}

    /**
     * Searches.
     *
     * @param objective on the present batch
     * @param quadratic its model
     * @param alpha of the whole step
     * @param mu of the whole step
     * @param step alpha U + mu m, which would be subtracted from the parameters; not modified
     * @param first share that is tried
     */
    Trial along(
            LocalObjective objective, QuadraticModel quadratic, double alpha, double mu, INDArray step, double first) {
        double share = first;
        for (int halving = 0; halving <= MOST_HALVINGS; halving++, share /= 2) {
            double promised = quadratic.decrease(share * alpha, share * mu);
            double squaredLength = quadratic.squaredLength(share * alpha, share * mu);
            double decrease = decrease(objective, step, share);
            double hidden = objective.rounding();
            boolean isHidden = Math.abs(decrease) <= hidden && Math.abs(promised) <= hidden;
            if (decrease >= 0 || isHidden || isOff) {
                if (halving > 0) {
                    region.shrinkTo(squaredLength);
                } else if (promised > 0) {
                    // what rounding hides must not keep steps short for ever
                    region.follow(isHidden ? 1 : decrease / promised, squaredLength);
                }
                return new Trial(share, promised, decrease, halving, decrease >= GOOD_RATIO * promised || isHidden);
            }
        }
        // so short a step does no harm, and the whole batch may like it better than the part that it was tried on
        region.shrinkTo(AFTER_FAILURE * quadratic.squaredLength(first * alpha, first * mu));
        return new Trial(share, Double.NaN, Double.NaN, MOST_HALVINGS, false);
    }

    private static double decrease(LocalObjective objective, INDArray step, double share) {
        try (INDArray part = step.mul(share)) {
            return objective.loss() - objective.lossBehind(part);
        }
    }
}
