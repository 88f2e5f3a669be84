package io.github.dl4jkfac.samplespace;

/** Which samples of later epochs get the coefficients that a sample of the first has had (Ou et al. 2024). */
public enum CoefficientSharing {
    /** Those at its position in their batches: coefficients are averages over the first epoch's batches. For shuffled data. */
    POSITION,
    /** The same sample, by its place in the epoch. For data that comes in the same order in every epoch. */
    ORDER
}
