package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.solve.RobustInverse;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Second moments of one side of a recurrent layer, inputs or derivatives.
 *
 * @param zero M_0, moment of a step with itself, [d,d], of which only the lower triangle means anything
 * @param lag M_1, rows: a step; columns: the step before it, [d,d]
 * @param solver does the linear algebra
 */
record LagMoments(INDArray zero, INDArray lag, SymmetricSolver solver) {

    /** (M_1 + M_1^T) / 2, a new array. */
    INDArray symmetricLag() {
        return lag.add(lag.transpose()).divi(2).dup('f');
    }

    /**
     * A matrix W with W^T (M_0 + shift I) W = I: eigenvectors over square roots of eigenvalues. Eigenvalues that rounding has made
     * negative count as 0, and very small ones are raised, as in {@link RobustInverse}.
     */
    INDArray whitening(double shift) {
        INDArray vectors = zero.dup('f');
        INDArray values = Nd4j.create(zero.dataType(), zero.size(0));
        solver.eigen(vectors, values);
        double[] w = values.toDoubleVector();
        double largest = Math.max(0, w[w.length - 1]) + shift;
        for (int i = 0; i < w.length; i++) {
            double safe = Math.max(Math.max(0, w[i]) + shift, RobustInverse.EIGENVALUE_FLOOR * largest);
            // all zero: a dead layer without damping, which no scale suits better than 1
            values.putScalar(i, safe > 0 ? 1 / Math.sqrt(safe) : 1);
        }
        return vectors.muliRowVector(values);
    }

    /** The same from the diagonal alone, for moments whose eigenvectors cannot be had. */
    INDArray diagonalWhitening(double shift) {
        INDArray w = zero.like().assign(0);
        double mean = meanDiagonal();
        double floor = mean > 0 && !Double.isInfinite(mean) ? 1e-6 * mean : 1;
        for (long i = 0; i < zero.size(0); i++) {
            double entry = zero.getDouble(i, i) + shift;
            w.putScalar(i, i, 1 / Math.sqrt(entry > floor ? entry : floor));
        }
        return w;
    }

    /** tr M_0 / d. */
    double meanDiagonal() {
        return Nd4j.diag(zero).meanNumber().doubleValue();
    }

    /** M_0^-1, undamped as far as M_0 is regular; a new array. */
    INDArray inverse() {
        INDArray inverse = Nd4j.createUninitialized(zero.dataType(), zero.shape(), 'f');
        new RobustInverse(solver).invert(zero, 0, inverse);
        return inverse;
    }
}
