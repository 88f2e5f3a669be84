package io.github.dl4jkfac.curvature.diagonal;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Scales, shifts and the like: no products, but the mean squared gradient of the samples, one factor [dG,1] for each row of the
 * parameter matrix, since scales and shifts have different units.
 *
 * @param shape [k,dG]
 */
record UnitDiagonal(BlockShape shape) implements DiagonalModel {

    @Override
    public List<Slice> factors() {
        return IntStream.range(0, shape.inputDimension())
                .mapToObj(row -> Slice.statistic("F" + row, shape.outputs(), 1, Slice.Weight.SAMPLES))
                .toList();
    }

    @Override
    public List<INDArray> ofBatch(BatchRows rows) {
        return ((SampleGradients) rows)
                .gradients().stream()
                        .map(gradients -> KroneckerDiagonal.squares(gradients)
                                .divi(rows.samples())
                                .reshape('f', shape.outputs(), 1))
                        .toList();
    }

    @Override
    public void product(List<INDArray> factors, INDArray out) {
        for (int row = 0; row < factors.size(); row++) {
            INDArray factor = factors.get(row);
            out.getRow(row).assign(factor.reshape(new long[] {factor.length()}));
        }
    }
}
