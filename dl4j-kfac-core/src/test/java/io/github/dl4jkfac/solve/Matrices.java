package io.github.dl4jkfac.solve;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Matrices for the tests of this package. */
final class Matrices {

    /** Ways to store a matrix. */
    enum Layout {
        C,
        F,
        /** Rows of a larger column-major matrix. */
        ROW_SUBSET,
        /** Columns of a larger row-major matrix. */
        COLUMN_SUBSET,
        /** Inner block of a larger column-major matrix. */
        BLOCK,
        /** No unit stride at all. */
        SPREAD;

        INDArray of(INDArray values, DataType type) {
            long rows = values.rows();
            long cols = values.columns();
            INDArray view = switch (this) {
                case C -> Nd4j.create(type, values.shape(), 'c');
                case F -> Nd4j.create(type, values.shape(), 'f');
                case ROW_SUBSET -> block(noise(type, rows + 5, cols, 'f'), 2, rows + 2, 0, cols);
                case COLUMN_SUBSET -> block(noise(type, rows, cols + 5, 'c'), 0, rows, 3, cols + 3);
                case BLOCK -> block(noise(type, rows + 3, cols + 4, 'f'), 1, rows + 1, 2, cols + 2);
                case SPREAD ->
                    noise(type, 2 * rows, 3 * cols, 'c')
                            .get(NDArrayIndex.interval(0, 2, 2 * rows), NDArrayIndex.interval(0, 3, 3 * cols));
            };
            return view.assign(values.castTo(type));
        }
    }

    private Matrices() {}

    private static INDArray noise(DataType type, long rows, long cols, char order) {
        return Nd4j.valueArrayOf(new long[] {rows, cols}, 3.0, type).dup(order);
    }

    static INDArray block(INDArray a, long top, long bottom, long left, long right) {
        return a.get(NDArrayIndex.interval(top, bottom), NDArrayIndex.interval(left, right));
    }

    static INDArray filled(int n, double value, DataType type) {
        return Nd4j.valueArrayOf(new long[] {n, n}, value, type).dup('f');
    }

    /** Standard normal entries, DOUBLE, the same for the same shape. */
    static INDArray random(int rows, int cols) {
        return random(rows, cols, 31L * rows + cols);
    }

    private static INDArray random(int rows, int cols, long seed) {
        Random random = Nd4j.getRandomFactory().getNewRandomInstance(seed);
        return Nd4j.randn(0, 1, new long[] {rows, cols}, random)
                .castTo(DataType.DOUBLE)
                .dup('f');
    }

    /** Positive definite DOUBLE matrix with eigenvalues spread evenly in logarithm over [1/condition, 1]. */
    static INDArray spd(int n, double condition, long seed) {
        INDArray q = Nd4j.eye(n).castTo(DataType.DOUBLE);
        for (int i = 0; i < 4; i++) {
            // Products of Householder reflections are orthogonal to machine precision.
            INDArray v = random(n, 1, seed + i);
            q = q.sub(v.mmul(v.transpose().mmul(q)).mul(2 / v.mul(v).sumNumber().doubleValue()));
        }
        double[] eigenvalues = new double[n];
        for (int i = 0; i < n; i++) {
            eigenvalues[i] = Math.pow(condition, -i / Math.max(1.0, n - 1.0));
        }
        return q.mmul(Nd4j.diag(Nd4j.createFromArray(eigenvalues)))
                .mmul(q.transpose())
                .dup('f');
    }

    /** Relative Frobenius error, in double precision. */
    static double error(INDArray actual, INDArray expected) {
        return actual.castTo(DataType.DOUBLE).sub(expected).norm2Number().doubleValue()
                / expected.norm2Number().doubleValue();
    }
}
