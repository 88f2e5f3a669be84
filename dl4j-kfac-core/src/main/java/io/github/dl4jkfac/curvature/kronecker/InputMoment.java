package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.arrays.Reductions;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The moving average A = E[abar^T abar] of homogeneous rows abar = [a, 1], or of a alone where there is no bias, in an array of the
 * caller's, of which only the lower triangle means anything.
 */
final class InputMoment {

    private final INDArray matrix;
    private final SymmetricSolver solver;

    /**
     * @param matrix A, [dA,dA], column-major
     * @param solver does the products
     */
    InputMoment(INDArray matrix, SymmetricSolver solver) {
        this.matrix = matrix;
        this.solver = solver;
    }

    INDArray matrix() {
        return matrix;
    }

    /**
     * Folds the rows that no mask leaves out into the average.
     *
     * @param rows one batch
     * @param keep weight of the old average, in [0,1)
     */
    void update(OuterProductRows rows, double keep) {
        OuterProductRows once = rows.inputsOnce();
        double scale = (1 - keep) / once.active();
        once.forEachActive(matrix.size(0), (firstRow, chunk) -> add(chunk, scale, firstRow == 0 ? keep : 1));
        setConstant(rows.inputs().columns());
    }

    /**
     * Folds rows into the average each of which is {@code count} rows: column j count + i is column j of the i-th.
     *
     * @param rows one batch
     * @param count how many rows are in one
     * @param keep weight of the old average, in [0,1)
     */
    void updateInterleaved(OuterProductRows rows, int count, double keep) {
        OuterProductRows once = rows.inputsOnce();
        long columns = once.inputs().columns();
        double scale = (1 - keep) / (once.active() * count);
        once.forEachActive(columns, (firstRow, chunk) -> {
            INDArray joined = OuterProductRows.isContiguous(chunk) ? chunk : chunk.dup('f');
            INDArray parts = joined.reshape('f', chunk.size(0) * count, columns / count);
            add(parts, scale, firstRow == 0 ? keep : 1);
        });
        setConstant(columns / count);
    }

    /**
     * Folds the rows of one matrix into the average.
     *
     * @param rows a, [m, columns]
     * @param keep weight of the old average, in [0,1)
     */
    void update(INDArray rows, double keep) {
        add(rows, (1 - keep) / rows.size(0), keep);
        setConstant(rows.size(1));
    }

    private void add(INDArray a, double scale, double keep) {
        long columns = a.size(1);
        if (matrix.size(0) == columns) {
            solver.gramLower(a, scale, keep, matrix);
            return;
        }
        INDArray block = matrix.get(NDArrayIndex.interval(0, columns), NDArrayIndex.interval(0, columns));
        solver.gramLower(a, scale, keep, block);
        // The last row of A belongs to the constant 1: the mean input, and 1.
        // (In one step, get() takes such a part of some views for empty: where the offset is less than the length.)
        INDArray last = matrix.getRow(columns).get(NDArrayIndex.interval(0, columns));
        last.muli(keep).addi(Reductions.sum(a, false, 0).muli(scale));
    }

    /** E[1]: chunks without a column for the constant have left it out, and the rounded mean of the others' ones is no better. */
    private void setConstant(long columns) {
        if (matrix.size(0) > columns) {
            matrix.putScalar(columns, columns, 1);
        }
    }

    /** tr A / dA. */
    double meanDiagonal() {
        return solver.meanDiagonal(matrix);
    }
}
