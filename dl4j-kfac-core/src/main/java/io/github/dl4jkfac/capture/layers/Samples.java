package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The samples of a batch that enter the statistics.
 *
 * @param count N, from the first sample of the batch on
 * @param active column [N,1]: one for each sample that some output's label mask leaves in; null when all are in
 */
public record Samples(long count, INDArray active) {

    /**
     * The samples' mask, repeated for all their rows.
     *
     * @param positions T, rows of one sample
     * @param mask column [N T,1] of the rows that a feature mask leaves in; null when all are in
     * @return column [N T,1] of ones and zeros; null when all rows are in
     */
    public INDArray weights(long positions, INDArray mask) {
        if (active == null) {
            return mask;
        }
        INDArray repeated = positions == 1
                ? active
                : Nd4j.tile(active, 1, (int) positions).reshape('c', active.size(0) * positions, 1);
        return mask == null ? repeated : repeated.mul(mask.castTo(repeated.dataType()));
    }

    /**
     * Divides each sample.
     *
     * @param parts how many parts each has, which follow each other
     * @return the same samples, in parts
     */
    public Samples inParts(int parts) {
        return parts == 1 ? this : new Samples(count * parts, weights(parts, null));
    }

    /**
     * Makes rows of inputs and derivatives.
     *
     * @param inputs layer inputs of the samples that enter, [N T, inputs]
     * @param derivatives [N T, dG]; rows that the mask excludes are zero
     * @param mask column [N T,1] of the rows that a feature mask leaves in; null when all are in
     * @return the rows
     */
    public OuterProductRows outer(InputSource inputs, INDArray derivatives, INDArray mask) {
        INDArray weights = weights(derivatives.size(0) / count, mask);
        return new OuterProductRows(inputs, derivatives, weights, active(weights, derivatives.size(0)), count);
    }

    /**
     * Counts rows.
     *
     * @param weights from {@link #weights}
     * @param rows number of all rows
     * @return how many are in
     */
    public static double active(INDArray weights, long rows) {
        return weights == null ? rows : weights.sumNumber().doubleValue();
    }

    /**
     * Cuts off what does not enter.
     *
     * @param array [N,...] or [N T,...]
     * @param count how many entries of the first dimension are wanted
     * @return the first of them, a view
     */
    public static INDArray first(INDArray array, long count) {
        if (array.size(0) == count) {
            return array;
        }
        INDArrayIndex[] indices = NDArrayIndex.allFor(array);
        indices[0] = NDArrayIndex.interval(0, count);
        return array.get(indices);
    }
}
