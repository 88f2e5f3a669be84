package io.github.dl4jkfac.examples.report;

import java.util.Arrays;

/** The middle of a few measurements. */
public final class Medians {

    private Medians() {}

    /**
     * @param values at least one; NaN counts as the largest
     * @return the middle value, or the mean of the two middle ones
     */
    public static double of(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("the median of no value");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
