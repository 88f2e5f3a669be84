package io.github.dl4jkfac.curvature.diagonal;

import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.arrays.Reductions;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The diagonals H of A and S of G, both means over the active rows, of layers that multiply inputs by a matrix. H is [dA, groups]: a
 * depthwise convolution has one column for each channel, all others a single one. S is [dG,1]. Entry (i,j) of the block's diagonal
 * is H_i S_j, with the column of H that belongs to j's group.
 *
 * @param shape [dA,dG]
 */
record KroneckerDiagonal(BlockShape shape) implements DiagonalModel {

    @Override
    public List<Slice> factors() {
        return List.of(
                Slice.statistic("H", shape.inputDimension(), shape.groups(), Slice.Weight.ROWS),
                Slice.statistic("S", shape.outputs(), 1, Slice.Weight.ROWS));
    }

    @Override
    public List<INDArray> ofBatch(BatchRows rows) {
        INDArray derivatives =
                rows instanceof LookupRows lookups ? lookups.derivatives() : ((OuterProductRows) rows).derivatives();
        return List.of(
                inputs(rows, derivatives.dataType()),
                squares(derivatives).divi(rows.active()).reshape('f', shape.outputs(), 1));
    }

    private INDArray inputs(BatchRows rows, DataType type) {
        INDArray constant = Nd4j.ones(type, 1, shape.groups());
        if (shape.inputs() == 0) {
            return constant;
        }
        INDArray means = (rows instanceof LookupRows lookups ? counts(lookups) : squaredInputs((OuterProductRows) rows))
                .divi(rows.active());
        return shape.bias() ? Nd4j.vstack(means, constant) : means;
    }

    /** Sums over the active rows of the squared inputs, [inputs, groups]. */
    private INDArray squaredInputs(OuterProductRows rows) {
        long columns = rows.inputs().columns();
        INDArray sums = Nd4j.create(rows.derivatives().dataType(), columns);
        rows.forEachActive(columns, (firstRow, chunk) -> {
            try (INDArray squares = squares(chunk)) {
                sums.addi(squares);
            }
        });
        return sums.reshape('f', shape.inputs(), shape.groups());
    }

    /** How often each token was looked up in active rows, [inputs, 1]: the sums of the squares of one-hot inputs. */
    private INDArray counts(LookupRows rows) {
        double[] counts = rows.counts(shape.inputs());
        return Nd4j.create(
                counts, new long[] {counts.length, 1}, rows.derivatives().dataType());
    }

    /** Sums over the rows of a matrix of the squared entries, a new vector. */
    static INDArray squares(INDArray rows) {
        return Reductions.sumOfSquares(rows, false, 0);
    }

    @Override
    public void product(List<INDArray> factors, INDArray out) {
        INDArray inputs = factors.get(0);
        INDArray outputs = factors.get(1);
        if (shape.groups() == 1) {
            Products.multiplyByTransposed(inputs, outputs, out, 1, 0);
            return;
        }
        int multiplier = shape.outputsPerGroup();
        INDArray byGroup = outputs.reshape('f', multiplier, shape.groups());
        for (int i = 0; i < shape.inputDimension(); i++) {
            for (int m = 0; m < multiplier; m++) {
                inputs.getRow(i).muli(byGroup.getRow(m), shape.acrossGroups(out, i, m));
            }
        }
    }
}
