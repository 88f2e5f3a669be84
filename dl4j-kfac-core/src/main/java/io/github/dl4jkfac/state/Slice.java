package io.github.dl4jkfac.state;

import java.io.Serializable;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A matrix that a curvature block keeps in the updater state.
 *
 * @param name its name, unique in its block
 * @param rows number of rows
 * @param columns number of columns
 * @param role what it is for
 * @param weight of a statistic: what a batch's part in it is divided by
 * @param symmetric whether it is a symmetric matrix, of which only the lower triangle means anything
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
public record Slice(
        @JsonProperty("name") String name,
        @JsonProperty("rows") int rows,
        @JsonProperty("columns") int columns,
        @JsonProperty("role") Role role,
        @JsonProperty("weight") Weight weight,
        @JsonProperty("symmetric") boolean symmetric)
        implements Serializable {

    /** What a slice is for. */
    public enum Role {
        /** An average over batches. */
        STATISTIC,
        /** What follows from the statistics, such as an inverse. */
        DERIVED,
        /** What is neither, such as a damping that adapts. */
        CONTROL
    }

    /** What the part of a batch in a statistic is divided by. Sums over parts of a batch are merged with the sums of these numbers. */
    public enum Weight {
        /** The number of rows that no mask leaves out. */
        ROWS,
        /** The number of samples. */
        SAMPLES,
        /** The number of pixels of a layer's input. */
        PIXELS,
        /** The geometric mean of the numbers of active rows of a layer and of the next one. */
        ROW_PAIRS,
        /** Nothing: the statistic is not linear in the batch, and parts of a batch cannot be merged; or the slice is no statistic. */
        NONE
    }

    /**
     * Describes the average of a symmetric matrix over batches.
     *
     * @param name its name, unique in its block
     * @param order number of its rows and columns
     * @param weight what the part of a batch is divided by
     * @return the slice
     */
    public static Slice moment(String name, int order, Weight weight) {
        return new Slice(name, order, order, Role.STATISTIC, weight, true);
    }

    /**
     * Describes any other average over batches.
     *
     * @param name its name, unique in its block
     * @param rows number of rows
     * @param columns number of columns
     * @param weight what the part of a batch is divided by
     * @return the slice
     */
    public static Slice statistic(String name, int rows, int columns, Weight weight) {
        return new Slice(name, rows, columns, Role.STATISTIC, weight, false);
    }

    /**
     * Describes what follows from the statistics.
     *
     * @param name its name, unique in its block
     * @param rows number of rows
     * @param columns number of columns
     * @return the slice
     */
    public static Slice derived(String name, int rows, int columns) {
        return new Slice(name, rows, columns, Role.DERIVED, Weight.NONE, false);
    }

    /**
     * Describes what is neither a statistic nor follows from any.
     *
     * @param name its name, unique in its block
     * @param rows number of rows
     * @param columns number of columns
     * @return the slice
     */
    public static Slice control(String name, int rows, int columns) {
        return new Slice(name, rows, columns, Role.CONTROL, Weight.NONE, false);
    }

    /** {@return the number of its entries} */
    public long length() {
        return (long) rows * columns;
    }

    /** {@return whether it is an average over batches} */
    public boolean isStatistic() {
        return role == Role.STATISTIC;
    }
}
