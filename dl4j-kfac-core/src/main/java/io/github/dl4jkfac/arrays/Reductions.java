package io.github.dl4jkfac.arrays;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.floating.SquaredNorm;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Reductions along dimensions, for arrays of any size. ND4J 1.0.0-M2.1 skips a reduction whose dimensions all have the size 1, and with it
 * what it does to each entry: the sum of squares is then null, the largest absolute value keeps its sign, the variance and the norms
 * keep their rank. So ND4J gets to see only dimensions of more than one entry. No other class of the library reduces along
 * dimensions; reductions of a whole array to a number are right in ND4J.
 *
 * <p>Every method takes a floating array of any order or view, which it does not modify, and the dimensions to reduce, at least one,
 * counted from the end where negative. Dimensions that are {@code kept} stay with the size 1, others go. The result is a new array
 * of the same type, in the current workspace.
 */
public final class Reductions {

    private Reductions() {}

    /**
     * Sums.
     *
     * @param x any shape
     * @param kept whether the reduced dimensions stay
     * @param dimensions to sum over
     * @return the sums
     */
    public static INDArray sum(INDArray x, boolean kept, int... dimensions) {
        return reduce(x, kept, dimensions, INDArray::dup, (proper, all) -> all.sum(true, proper));
    }

    /**
     * Means.
     *
     * @param x any shape
     * @param kept whether the reduced dimensions stay
     * @param dimensions to average over
     * @return the means
     */
    public static INDArray mean(INDArray x, boolean kept, int... dimensions) {
        return reduce(x, kept, dimensions, INDArray::dup, (proper, all) -> all.mean(true, proper));
    }

    /**
     * Variances around the mean, divided by the number of entries; zero for a single entry.
     *
     * @param x any shape
     * @param kept whether the reduced dimensions stay
     * @param dimensions to average over
     * @return the variances
     */
    public static INDArray variance(INDArray x, boolean kept, int... dimensions) {
        return reduce(
                x,
                kept,
                dimensions,
                one -> Nd4j.zeros(one.dataType(), one.shape()),
                (proper, all) -> all.var(false, proper));
    }

    /**
     * Largest entries.
     *
     * @param x any shape
     * @param kept whether the reduced dimensions stay
     * @param dimensions to look along
     * @return the largest
     */
    public static INDArray max(INDArray x, boolean kept, int... dimensions) {
        return reduce(x, kept, dimensions, INDArray::dup, (proper, all) -> all.max(true, proper));
    }

    /**
     * Largest absolute values.
     *
     * @param x any shape
     * @param kept whether the reduced dimensions stay
     * @param dimensions to look along
     * @return the largest, none negative
     */
    public static INDArray largestAbsolute(INDArray x, boolean kept, int... dimensions) {
        return reduce(x, kept, dimensions, one -> Transforms.abs(one, true), (proper, all) -> all.amax(proper));
    }

    /**
     * Sums of squares.
     *
     * @param x any shape
     * @param kept whether the reduced dimensions stay
     * @param dimensions to sum over
     * @return the sums
     */
    public static INDArray sumOfSquares(INDArray x, boolean kept, int... dimensions) {
        return reduce(
                x, kept, dimensions, one -> one.mul(one), (proper, all) -> Nd4j.exec(new SquaredNorm(all, proper)));
    }

    /** A reduction by ND4J, along dimensions of more than one entry; what it does with their places does not matter. */
    @FunctionalInterface
    private interface Along {
        INDArray apply(int[] proper, INDArray x);
    }

    /** @param single what is left to do where each result comes from a single entry; gives a new array */
    private static INDArray reduce(
            INDArray x, boolean kept, int[] dimensions, UnaryOperator<INDArray> single, Along several) {
        boolean[] reduced = new boolean[x.rank()];
        for (int dimension : dimensions) {
            reduced[dimension < 0 ? dimension + x.rank() : dimension] = true;
        }
        int[] proper = new int[x.rank()];
        long[] shape = new long[x.rank()];
        int count = 0;
        int rank = 0;
        for (int i = 0; i < reduced.length; i++) {
            if (reduced[i] && x.size(i) > 1) {
                proper[count++] = i;
            }
            if (kept || !reduced[i]) {
                shape[rank++] = reduced[i] ? 1 : x.size(i);
            }
        }
        INDArray result = count == 0 ? single.apply(x) : several.apply(Arrays.copyOf(proper, count), x);
        return result.reshape(result.ordering(), Arrays.copyOf(shape, rank));
    }
}
