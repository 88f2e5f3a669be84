package io.github.dl4jkfac.examples.quality;

import java.util.Locale;
import org.apache.commons.statistics.descriptive.Mean;
import org.apache.commons.statistics.descriptive.StandardDeviation;

/**
 * Mean and spread of some values.
 *
 * @param mean their mean; NaN if one of them is
 * @param deviation their standard deviation; 0 for a single value
 */
record Spread(double mean, double deviation) {

    /**
     * @param values at least one
     * @return their mean and standard deviation, that of a sample of a larger population
     */
    public static Spread of(double... values) {
        return new Spread(
                Mean.of(values).getAsDouble(), StandardDeviation.of(values).getAsDouble());
    }

    /** @return both in three or so digits */
    @Override
    public String toString() {
        String format = mean >= 100 ? "%.0f ± %.0f" : mean >= 10 ? "%.1f ± %.1f" : "%.2f ± %.2f";
        return String.format(Locale.ROOT, format, mean, deviation);
    }
}
