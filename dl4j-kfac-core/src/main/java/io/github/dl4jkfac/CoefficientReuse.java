package io.github.dl4jkfac;

import io.github.dl4jkfac.samplespace.CoefficientSharing;

/**
 * Which samples of later epochs {@link ExactFisher} gives the coefficients that a sample of the first epoch has had (FNGD, Ou et al.
 * 2024, who leave it open).
 */
public enum CoefficientReuse {

    /**
     * Those at the same position in their batches, which get the average of the first epoch's coefficients there: what the community's
     * code does. With data that is shuffled in each epoch positions are alike, their averages tend to one number, and the step to
     * gradient descent with a scale of its own for each layer.
     */
    BY_POSITION(CoefficientSharing.POSITION),

    /** The same sample, by its place in the epoch. Needs data that comes in the same order in every epoch, without shuffling. */
    BY_ORDER(CoefficientSharing.ORDER);

    private final CoefficientSharing sharing;

    CoefficientReuse(CoefficientSharing sharing) {
        this.sharing = sharing;
    }

    CoefficientSharing sharing() {
        return sharing;
    }
}
