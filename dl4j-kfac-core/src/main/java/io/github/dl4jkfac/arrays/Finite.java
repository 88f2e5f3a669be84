package io.github.dl4jkfac.arrays;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The test for NaN and infinity. */
public final class Finite {

    private Finite() {}

    /**
     * Looks for NaN and infinity, in one pass: the sum of absolute values is finite only if every entry is.
     *
     * @param array any floating array; not modified
     * @return whether there is neither
     */
    public static boolean isFinite(INDArray array) {
        return Double.isFinite(sumOfMagnitudes(array));
    }

    /**
     * Sums the absolute values, in the array's own type.
     *
     * @param array any floating array; not modified
     * @return NaN or infinite if some entry is, or if the sum overflows
     */
    public static double sumOfMagnitudes(INDArray array) {
        INDArray ordered = inMemoryOrder(array);
        // BLAS is faster, but takes contiguous vectors only
        return ordered.elementWiseStride() == 1
                ? Nd4j.getBlasWrapper().asum(ordered.reshape(ordered.ordering(), new long[] {ordered.length()}))
                : ordered.norm1Number().doubleValue();
    }

    /** The activations of convolutions are mostly permuted views of contiguous memory: permutes them back. */
    private static INDArray inMemoryOrder(INDArray array) {
        if (array.elementWiseStride() == 1) {
            return array;
        }
        int[] axes = IntStream.range(0, array.rank())
                .boxed()
                .sorted(Comparator.comparingLong((Integer axis) -> array.stride(axis))
                        .reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        return array.permute(axes);
    }
}
