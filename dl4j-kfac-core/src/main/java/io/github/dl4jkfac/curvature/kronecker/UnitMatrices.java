package io.github.dl4jkfac.curvature.kronecker;

import java.util.function.IntFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * One small symmetric matrix [k,k] for each of many units, kept entry by entry: column i (i + 1) / 2 + j has the entries (i,j),
 * i &gt;= j, of all units. Whatever is done with one entry is done for all units at once.
 */
final class UnitMatrices {

    private final INDArray packed;
    private final int order;

    /**
     * @param packed [units, k (k + 1) / 2], column-major; written through
     * @param order k
     */
    UnitMatrices(INDArray packed, int order) {
        this.packed = packed;
        this.order = order;
    }

    /** How many numbers one matrix of order k takes. */
    static int entries(int order) {
        return order * (order + 1) / 2;
    }

    int order() {
        return order;
    }

    INDArray packed() {
        return packed;
    }

    UnitMatrices copy() {
        return new UnitMatrices(packed.dup('f'), order);
    }

    /** Entry (i,j) of all units, a view [units]. */
    INDArray entry(int i, int j) {
        int column = i >= j ? entries(i) + j : entries(j) + i;
        INDArray view = packed.getColumn(column);
        // the only column of a matrix keeps its two dimensions
        return view.rank() == 1 ? view : view.reshape(new long[] {packed.size(0)});
    }

    /** Folds entry (i,j) of a new batch into the average. */
    void average(int i, int j, INDArray mean, double keep) {
        entry(i, j).muli(keep).addi(mean.muli(1 - keep));
    }

    /** tr M / k of each unit, a new vector [units]. */
    INDArray meanDiagonals() {
        INDArray sum = entry(0, 0).dup();
        for (int i = 1; i < order; i++) {
            sum.addi(entry(i, i));
        }
        return sum.divi(order);
    }

    /** M + diag(shifts) I in place. */
    void shift(INDArray shifts) {
        for (int i = 0; i < order; i++) {
            entry(i, i).addi(shifts);
        }
    }

    /** Raises diagonal entries below a floor to it. */
    void raiseDiagonal(double floor) {
        for (int i = 0; i < order; i++) {
            Transforms.max(entry(i, i), floor, false);
        }
    }

    /**
     * Replaces every matrix by its inverse, by sweeping its rows one after the other; for k = 2 that is the closed form. A pivot
     * that rounding has made too small or negative is raised to a small part of its diagonal entry, so that all inverses are positive
     * definite.
     */
    void invert() {
        double unit = packed.dataType() == DataType.DOUBLE ? 1e-14 : 1e-6;
        INDArray[] floors = new INDArray[order];
        for (int p = 0; p < order; p++) {
            floors[p] = entry(p, p).mul(unit);
        }
        for (int p = 0; p < order; p++) {
            sweep(p, Transforms.max(entry(p, p), floors[p], true).rdivi(1));
        }
        packed.negi();
    }

    private void sweep(int p, INDArray inversePivot) {
        INDArray[] scaled = new INDArray[order];
        for (int i = 0; i < order; i++) {
            scaled[i] = entry(i, p).mul(inversePivot);
        }
        for (int i = 0; i < order; i++) {
            for (int j = 0; j <= i; j++) {
                if (i != p && j != p) {
                    entry(i, j).subi(scaled[i].mul(entry(j, p)));
                }
            }
        }
        for (int i = 0; i < order; i++) {
            entry(i, p).assign(i == p ? inversePivot.neg() : scaled[i]);
        }
    }

    /**
     * Multiplies the vector of each unit by the unit's matrix; allocates nothing.
     *
     * @param in component j of all units' vectors, [units]; not modified
     * @param out component i of the products, [units], overwritten
     * @param scratch [units], overwritten
     */
    void multiply(IntFunction<INDArray> in, IntFunction<INDArray> out, INDArray scratch) {
        for (int i = 0; i < order; i++) {
            INDArray product = out.apply(i);
            in.apply(0).muli(entry(i, 0), product);
            for (int j = 1; j < order; j++) {
                product.addi(in.apply(j).muli(entry(i, j), scratch));
            }
        }
    }

    /** The matrix of one unit, [k,k] in Java. */
    double[][] matrix(int unit) {
        double[][] matrix = new double[order][order];
        for (int i = 0; i < order; i++) {
            for (int j = 0; j <= i; j++) {
                matrix[i][j] = packed.getDouble(unit, entries(i) + j);
                matrix[j][i] = matrix[i][j];
            }
        }
        return matrix;
    }
}
