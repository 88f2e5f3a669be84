package io.github.dl4jkfac.capture;

/** Where the derivatives come from that a statistics step records. */
public enum DerivativeSource {
    /** A second backward pass with targets drawn from the model's prediction. */
    MODEL_TARGETS(true),
    /**
     * One second backward pass for each column of B, the root of the loss's Hessian at the outputs' pre-activations, H = B B^T. Rows of
     * all C passes are handed on, those of sample n in pass c as the sample c N + n, multiplied by sqrt(C): a mean over the N C samples
     * is the mean over N of the sum over the columns. Where outputs influence each other's derivatives, since a sample has several
     * rows or batch normalisation couples the samples, each row of a column gets a random sign, and their products vanish in
     * expectation.
     */
    EXACT(true),
    /** One second backward pass with B v, v independent random signs: the same second moment in expectation. */
    RANDOM_SIGNS(true),
    /** DL4J's own backward pass. */
    TRUE_LABELS(false),
    /** DL4J's own backward pass, sample n divided by |dL_n/dz_out| (so that its square is divided by the squared norm). */
    SCALED_TRUE_LABELS(false);

    private final boolean secondPass;

    DerivativeSource(boolean secondPass) {
        this.secondPass = secondPass;
    }

    /** {@return whether the derivatives come from backward passes of the library's own, which need the losses' distributions} */
    public boolean needsSecondPass() {
        return secondPass;
    }
}
