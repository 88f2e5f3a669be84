package io.github.dl4jkfac.curvature.chain;

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

    /** W of {@link Whitening}. */
    INDArray whitening(double shift) {
        return Whitening.of(zero, shift, solver);
    }

    /** The same from the diagonal alone. */
    INDArray diagonalWhitening(double shift) {
        return Whitening.ofDiagonal(zero, shift, solver);
    }

    /** tr M_0 / d. */
    double meanDiagonal() {
        return solver.meanDiagonal(zero);
    }

    /** M_0^-1, undamped as far as M_0 is regular; a new array. */
    INDArray inverse() {
        INDArray inverse = Nd4j.createUninitialized(zero.dataType(), zero.shape(), 'f');
        new RobustInverse(solver).invert(zero, 0, inverse);
        return inverse;
    }
}
