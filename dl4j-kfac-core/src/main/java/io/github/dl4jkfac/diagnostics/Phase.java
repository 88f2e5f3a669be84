package io.github.dl4jkfac.diagnostics;

/** The parts of a K-FAC step that come on top of DL4J's own forward and backward pass. */
public enum Phase {
    /** Copies of pre-activations or derivatives, and the check that gradient and rows are finite. */
    CAPTURE,
    /** The second backward pass with sampled targets. */
    SAMPLED_BACKWARD,
    /** Moving averages of the factors. */
    FACTORS,
    /** Damped inverses. */
    INVERSES,
    /** Preconditioning, step size and momentum. */
    PRECONDITIONING
}
