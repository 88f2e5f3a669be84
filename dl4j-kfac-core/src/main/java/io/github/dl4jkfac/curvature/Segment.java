package io.github.dl4jkfac.curvature;

import java.util.Arrays;

/**
 * Where consecutive rows of a parameter matrix [dA,dG] lie in DL4J's flat parameters and gradients: one parameter array, or a part
 * of one, seen as an array of several dimensions that are put in another order and then joined to rows and columns.
 *
 * @param parameter DL4J's key of the parameter array
 * @param offset where the part begins in the parameter array
 * @param rows how many rows of the matrix it makes
 * @param order 'c' or 'f': how the dimensions follow each other in memory
 * @param dimensions their lengths, as they lie in memory
 * @param permutation their order in the matrix: first those that make the rows, then those that make the columns, slowest first
 */
public record Segment(String parameter, long offset, int rows, char order, long[] dimensions, int[] permutation) {

    /**
     * A matrix kept column by column, as DL4J keeps dense weights.
     *
     * @param parameter DL4J's key of the parameter array
     * @param rows number of rows
     * @param columns number of columns, dG
     * @return the segment
     */
    public static Segment columnMajor(String parameter, long rows, long columns) {
        return columnMajor(parameter, 0, rows, columns);
    }

    /**
     * A matrix kept column by column, from some place of a parameter array on.
     *
     * @param parameter DL4J's key of the parameter array
     * @param offset where the matrix begins in the parameter array
     * @param rows number of rows
     * @param columns number of columns, dG
     * @return the segment
     */
    public static Segment columnMajor(String parameter, long offset, long rows, long columns) {
        return new Segment(parameter, offset, (int) rows, 'f', new long[] {rows, columns}, new int[] {0, 1});
    }

    /**
     * A matrix kept row by row.
     *
     * @param parameter DL4J's key of the parameter array
     * @param rows number of rows
     * @param columns number of columns, dG
     * @return the segment
     */
    public static Segment rowMajor(String parameter, long rows, long columns) {
        return new Segment(parameter, 0, (int) rows, 'c', new long[] {rows, columns}, new int[] {0, 1});
    }

    /** {@return the number of parameters} */
    public long length() {
        return Arrays.stream(dimensions).reduce(1, (a, b) -> a * b);
    }

    /** {@return whether the segment is a matrix as it lies in memory} */
    public boolean isPlain() {
        return permutation.length == 2 && permutation[0] == 0;
    }
}
