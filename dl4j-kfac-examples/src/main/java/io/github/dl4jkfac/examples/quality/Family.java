package io.github.dl4jkfac.examples.quality;

/** Kinds of methods. */
enum Family {
    /** The exact natural gradient. */
    EXACT,
    /** Kronecker factors. */
    KRONECKER,
    /** The gradients of single samples. */
    SAMPLE_SPACE,
    /** A diagonal matrix. */
    DIAGONAL;

    /** @return whether the matrix is an average over batches, so that a single one says little */
    boolean averages() {
        return this == KRONECKER || this == DIAGONAL;
    }
}
