package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.state.Slice;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What the sums over a batch, or a part of one, are divided by to become means.
 *
 * @param rows active rows
 * @param samples samples, masked or not
 * @param pixels pixels of the layer's input, where those are counted; otherwise 0
 * @param rowsOfNext active rows of the next layer, where there is one that matters; otherwise 0
 */
public record BatchCounts(double rows, double samples, double pixels, double rowsOfNext) {

    /**
     * Counts the rows of a batch, or of a part of one.
     *
     * @param rows the rows
     * @return their counts
     */
    public static BatchCounts of(BatchRows rows) {
        return new BatchCounts(rows.active(), rows.samples(), 0, 0);
    }

    BatchCounts plus(BatchCounts other) {
        return new BatchCounts(
                rows + other.rows, samples + other.samples, pixels + other.pixels, rowsOfNext + other.rowsOfNext);
    }

    void write(DataOutput out) throws IOException {
        out.writeDouble(rows);
        out.writeDouble(samples);
        out.writeDouble(pixels);
        out.writeDouble(rowsOfNext);
    }

    static BatchCounts read(DataInput in) throws IOException {
        return new BatchCounts(in.readDouble(), in.readDouble(), in.readDouble(), in.readDouble());
    }

    /**
     * Looks up a divisor.
     *
     * @param weight of a statistic
     * @return the number that its sums are divided by
     * @throws IllegalArgumentException for {@link Slice.Weight#NONE}
     */
    public double of(Slice.Weight weight) {
        return switch (weight) {
            case ROWS -> rows;
            case SAMPLES -> samples;
            case PIXELS -> pixels;
            case ROW_PAIRS -> Math.sqrt(rows * rowsOfNext);
            case NONE -> throw new IllegalArgumentException("a statistic without weight is no sum over a batch");
        };
    }
}
