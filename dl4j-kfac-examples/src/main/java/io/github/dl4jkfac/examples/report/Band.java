package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.training.Row;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.apache.commons.statistics.descriptive.Median;

/**
 * Runs of several seeds over one axis: the middle one and the range of all.
 *
 * @param places on the axis, ascending
 * @param low least value at each place
 * @param middle median
 * @param high greatest value
 */
public record Band(double[] places, double[] low, double[] middle, double[] high) {

    private static final int PLACES = 100;

    /**
     * Follows the runs up to the end of the shortest.
     *
     * @param runs of each seed, at least two rows each
     * @param axis such as the seconds
     * @param value such as the loss; linear in between
     * @return the band
     */
    public static Band of(List<List<Row>> runs, ToDoubleFunction<Row> axis, ToDoubleFunction<Row> value) {
        double first = runs.stream()
                .mapToDouble(rows -> axis.applyAsDouble(rows.get(1)))
                .max()
                .orElseThrow();
        double last = runs.stream()
                .mapToDouble(rows -> axis.applyAsDouble(rows.get(rows.size() - 1)))
                .min()
                .orElseThrow();
        double[] places = new double[PLACES];
        double[][] values = new double[PLACES][];
        for (int i = 0; i < PLACES; i++) {
            double place = first + (last - first) * i / (PLACES - 1);
            places[i] = place;
            values[i] = runs.stream()
                    .mapToDouble(rows -> at(rows, place, axis, value))
                    .sorted()
                    .toArray();
        }
        return new Band(
                places,
                Arrays.stream(values).mapToDouble(sorted -> sorted[0]).toArray(),
                Arrays.stream(values)
                        .mapToDouble(Median.withDefaults()::evaluate)
                        .toArray(),
                Arrays.stream(values)
                        .mapToDouble(sorted -> sorted[sorted.length - 1])
                        .toArray());
    }

    private static double at(List<Row> rows, double place, ToDoubleFunction<Row> axis, ToDoubleFunction<Row> value) {
        for (int i = 1; i < rows.size(); i++) {
            double right = axis.applyAsDouble(rows.get(i));
            if (right >= place) {
                double left = axis.applyAsDouble(rows.get(i - 1));
                double part = right > left ? (place - left) / (right - left) : 1;
                return (1 - part) * value.applyAsDouble(rows.get(i - 1)) + part * value.applyAsDouble(rows.get(i));
            }
        }
        return value.applyAsDouble(rows.get(rows.size() - 1));
    }
}
