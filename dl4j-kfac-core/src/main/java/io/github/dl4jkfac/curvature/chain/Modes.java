package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One side, inputs or derivatives, of the inverse of a block between whose moments there are correlations.
 *
 * @param vectors L, [d,d]: L^T M L = I with M the damped moment of that side, and L diagonalises what the model asks for
 * @param values the d numbers on that diagonal
 * @param transition Psi, regression of the one on the other; null in models without transitions
 */
record Modes(INDArray vectors, double[] values, INDArray transition) {

    /**
     * How far x is determined by y, linearly, mode by mode. With M_x, M_y the damped moments and C = E[y^T x], [dy,dx]: L^T M_x L = I,
     * L^T (C^T M_y^-1 C) L = diag(values), Psi = M_y^-1 C, [dy,dx]. The values are squared correlations, between 0 and 1 but for
     * rounding, where moments and C come from the same data.
     *
     * @param whiteningOfX W_x of {@link Whitening}
     * @param cross C; not modified
     * @param whiteningOfY W_y
     * @throws FactorisationException if anything is not finite
     */
    static Modes regression(INDArray whiteningOfX, INDArray cross, INDArray whiteningOfY, SymmetricSolver solver) {
        INDArray half = whiteningOfY.transpose().mmul(cross);
        INDArray vectors = Nd4j.create(whiteningOfX.dataType(), whiteningOfX.shape(), 'f');
        solver.gramLower(half.mmul(whiteningOfX), 1, 0, vectors);
        INDArray values = Nd4j.create(vectors.dataType(), vectors.size(0));
        solver.eigen(vectors, values);
        return new Modes(whiteningOfX.mmul(vectors), values.toDoubleVector(), whiteningOfY.mmul(half));
    }

    boolean isFinite() {
        return Finite.isFinite(vectors) && (transition == null || Finite.isFinite(transition));
    }
}
