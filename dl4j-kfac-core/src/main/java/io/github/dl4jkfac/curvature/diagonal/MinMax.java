package io.github.dl4jkfac.curvature.diagonal;

import org.nd4j.linalg.api.ndarray.INDArray;

/** The scaling of a factor's entries to the range from 0 to 1 (Gomes et al. 2024). */
final class MinMax {

    /** Keeps a factor without range from being divided by zero. */
    static final double EPSILON = 1e-6;

    private MinMax() {}

    /**
     * (x - min) / (max - min + 1e-6). A factor of a single entry has no range by its nature, not by that of the data: it becomes 1, so
     * that the block's other factor decides alone, where the formula would leave nothing but the damping.
     *
     * @param factor any shape; overwritten
     * @return the same array
     */
    static INDArray scale(INDArray factor) {
        if (factor.length() == 1) {
            return factor.assign(1);
        }
        double least = factor.minNumber().doubleValue();
        double range = factor.maxNumber().doubleValue() - least;
        return factor.subi(least).divi(range + EPSILON);
    }
}
