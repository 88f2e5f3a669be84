package io.github.dl4jkfac;

/** The assumption about how the derivatives of a recurrent layer at different time steps are correlated (Martens, Ba, Johnson 2018). */
public enum RecurrentModel {

    /** They are not correlated: one Kronecker product, times the mean length of the sequences. The cheapest. */
    INDEPENDENT,

    /** A chain whose correlations are symmetric in time (option 1); exact for sequences of any length then. */
    SYMMETRIC_CHAIN,

    /** A chain that runs as if for ever (option 2); for long sequences. */
    STATIONARY_CHAIN
}
