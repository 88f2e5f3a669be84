package io.github.dl4jkfac.capture;

/** Where the derivatives come from that a statistics step records. */
public enum DerivativeSource {
    /** A second backward pass with targets drawn from the model's prediction. */
    MODEL_TARGETS,
    /** DL4J's own backward pass. */
    TRUE_LABELS,
    /** DL4J's own backward pass, sample n divided by |dL_n/dz_out| (so that its square is divided by the squared norm). */
    SCALED_TRUE_LABELS
}
