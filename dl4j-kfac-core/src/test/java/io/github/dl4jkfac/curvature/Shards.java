package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import io.github.dl4jkfac.curvature.rows.TestInputs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A batch in parts of neighbouring samples, as several workers would see it. */
final class Shards {

    private Shards() {}

    /** @param sizes numbers of samples, which sum to the batch's */
    static List<BatchRows> of(BatchRows rows, int... sizes) {
        List<BatchRows> shards = new ArrayList<>();
        int first = 0;
        for (int size : sizes) {
            shards.add(part(rows, first, size));
            first += size;
        }
        return shards;
    }

    private static BatchRows part(BatchRows rows, int first, int size) {
        if (rows instanceof OuterProductRows outer) {
            long positions = outer.positions();
            INDArray weights = cut(outer.weights(), positions, first, size);
            return new OuterProductRows(
                    InputSource.of(cut(TestInputs.matrixBehind(outer.inputs()), positions, first, size)),
                    cut(outer.derivatives(), positions, first, size),
                    weights,
                    weights == null ? positions * size : weights.sumNumber().doubleValue(),
                    size);
        }
        if (rows instanceof LookupRows lookups) {
            int positions = (int) (lookups.indices().length / lookups.samples());
            INDArray weights = cut(lookups.weights(), positions, first, size);
            return new LookupRows(
                    Arrays.copyOfRange(lookups.indices(), first * positions, (first + size) * positions),
                    cut(lookups.derivatives(), positions, first, size),
                    weights,
                    weights == null ? positions * size : weights.sumNumber().doubleValue(),
                    size);
        }
        return new SampleGradients(((SampleGradients) rows)
                .gradients().stream()
                        .map(gradients -> cut(gradients, 1, first, size))
                        .toList());
    }

    private static INDArray cut(INDArray matrix, long positions, int first, int size) {
        return matrix == null
                ? null
                : matrix.get(NDArrayIndex.interval(first * positions, (first + size) * positions), NDArrayIndex.all())
                        .dup('f');
    }

    /** The same batch without the rows of some neighbouring samples; the batch itself where rows have no mask. */
    static BatchRows withoutRowsOf(BatchRows rows, int first, int size) {
        if (rows instanceof OuterProductRows outer) {
            INDArray weights = mask(outer.weights(), outer.derivatives(), outer.positions(), first, size);
            return new OuterProductRows(
                    outer.inputs(),
                    outer.derivatives().mulColumnVector(weights),
                    weights,
                    weights.sumNumber().doubleValue(),
                    outer.samples());
        }
        if (rows instanceof LookupRows lookups) {
            long positions = lookups.indices().length / lookups.samples();
            INDArray weights = mask(lookups.weights(), lookups.derivatives(), positions, first, size);
            return new LookupRows(
                    lookups.indices(),
                    lookups.derivatives().mulColumnVector(weights),
                    weights,
                    weights.sumNumber().doubleValue(),
                    lookups.samples());
        }
        return rows;
    }

    private static INDArray mask(INDArray old, INDArray like, long positions, int first, int size) {
        INDArray weights = old == null ? Nd4j.ones(like.dataType(), like.size(0), 1) : old.dup();
        weights.get(NDArrayIndex.interval(first * positions, (first + size) * positions), NDArrayIndex.all())
                .assign(0);
        return weights;
    }
}
