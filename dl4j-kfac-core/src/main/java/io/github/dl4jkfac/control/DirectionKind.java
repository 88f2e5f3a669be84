package io.github.dl4jkfac.control;

/** What a preconditioned gradient U is like, as far as it matters for how long a step along it can be. */
public enum DirectionKind {
    /** The Newton step of a curvature in the units of the objective that knows more than one batch: alpha above 1 is never right. */
    NEWTON,
    /** Made with a matrix of the present batch alone, so that what was measured before does not hold for it. */
    OF_ONE_BATCH,
    /** Made with a matrix that has been scaled to units of its own. */
    SCALED;

    boolean isOfOneBatch() {
        return this == OF_ONE_BATCH;
    }

    /** Whether U cannot be too short, so that alpha is at most 1. */
    boolean isNewton() {
        return this == NEWTON;
    }

    /** Whether dampings follow the scale of the loss. */
    boolean isDampedInUnitsOfLoss() {
        return this != SCALED;
    }
}
