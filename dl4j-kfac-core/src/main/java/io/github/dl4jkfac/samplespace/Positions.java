package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.arrays.Reductions;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Matrices whose rows are the positions of samples: row n T + t. */
final class Positions {

    private Positions() {}

    /** Rows {@code from} to {@code to}, exclusive; a view. Of the transposed matrix, since ND4J takes such parts of some views for empty. */
    static INDArray rows(INDArray matrix, long from, long to) {
        return from == 0 && to == matrix.size(0)
                ? matrix
                : matrix.transpose()
                        .get(NDArrayIndex.all(), NDArrayIndex.interval(from, to))
                        .transpose();
    }

    /** The sums over each sample's positions, [N T,d] to [N,d]; with one position the matrix itself. */
    static INDArray sum(INDArray matrix, long positions) {
        if (positions == 1) {
            return matrix;
        }
        boolean gapless = matrix.stride(0) == 1 && matrix.stride(1) == matrix.size(0);
        INDArray ordered = gapless ? matrix : matrix.dup('f'); // a reshape mixes up the entries of any other
        return Reductions.sum(ordered.reshape('f', positions, matrix.size(0) / positions, matrix.size(1)), false, 0);
    }

    /** A sample's number for each of its positions, [N,1] to [N T,1]; with one position the column itself. */
    static INDArray repeat(INDArray column, long positions) {
        if (positions == 1) {
            return column;
        }
        INDArray repeated = Nd4j.createUninitialized(column.dataType(), new long[] {positions, column.length()}, 'f');
        repeated.assign(column.reshape(1, column.length()).broadcast(positions, column.length()));
        return repeated.reshape('f', positions * column.length(), 1);
    }
}
