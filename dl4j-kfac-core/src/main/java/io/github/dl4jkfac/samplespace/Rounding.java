package io.github.dl4jkfac.samplespace;

import org.nd4j.linalg.api.buffer.DataType;

/** What rounding hides, in units in which relative damping is given: the mean diagonal of J J^T / N. */
final class Rounding {

    private Rounding() {}

    private static double epsilon(DataType type) {
        return type == DataType.DOUBLE ? 0x1p-52 : 0x1p-23;
    }

    /**
     * Least damping with which J^T (J J^T + N lambda I)^-1 c means anything: the entries of J J^T have independent errors, and its
     * inverse those of double precision.
     */
    static double leastForCoefficients(DataType type, long samples) {
        return 4 * Math.max(8 * Math.sqrt(samples) * epsilon(type), samples * epsilon(DataType.DOUBLE));
    }

    /**
     * Least damping with which v - J^T (J J^T + N lambda I)^-1 J v means anything: a difference of vectors with the length of v, which
     * is as small as lambda over the largest eigenvalue of J^T J / N, for some v.
     */
    static double leastForDifferences(DataType type, long samples) {
        return 16 * samples * epsilon(type);
    }

    /** Relative size of a difference of two sums over the samples, one of them DL4J's, that tells nothing. */
    static double ofGradients(DataType type) {
        return type == DataType.DOUBLE ? 1e-12 : 1e-5;
    }
}
