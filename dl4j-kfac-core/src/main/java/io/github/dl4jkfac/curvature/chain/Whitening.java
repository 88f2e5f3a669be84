package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.RobustInverse;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Matrices W with W^T (M + shift I) W = I, M a second moment of which only the lower triangle means anything; so W W^T is the inverse. */
final class Whitening {

    private Whitening() {}

    /**
     * Eigenvectors over square roots of eigenvalues. Eigenvalues that rounding has made negative count as 0, and very small ones are
     * raised, as in {@link RobustInverse}.
     *
     * @param moment M, [d,d]; not modified
     * @param shift damping, &gt;= 0
     * @return a new array [d,d]
     * @throws FactorisationException if M is not finite
     */
    static INDArray of(INDArray moment, double shift, SymmetricSolver solver) {
        INDArray vectors = moment.dup('f');
        INDArray values = Nd4j.create(moment.dataType(), moment.size(0));
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

    /** The same from the diagonal alone, for moments whose eigenvectors cannot be had; finite whatever M is. */
    static INDArray ofDiagonal(INDArray moment, double shift, SymmetricSolver solver) {
        INDArray w = moment.like();
        solver.invertDiagonal(moment, shift, w);
        return Transforms.sqrt(w, false);
    }
}
