package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.RobustInverse;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Solves with the damped Gram matrix, K + N lambda I: by Cholesky in double precision, with some more damping where rounding has made
 * that matrix indefinite, or by eigenvalues.
 */
final class SampleSolver implements AutoCloseable {

    /** Each refinement takes as many digits from the error as the first solution has right. */
    private static final int REFINEMENTS = 3;

    private final INDArray inverse;
    private final INDArray matrix;

    private SampleSolver(INDArray inverse, INDArray matrix) {
        this.inverse = inverse;
        this.matrix = matrix;
    }

    /**
     * Factorises.
     *
     * @param gram what to invert; the matrix is overwritten
     * @param solver does the work
     * @throws FactorisationException if the matrix is not finite, or zero together with its damping
     */
    static SampleSolver of(DampedGram gram, SymmetricSolver solver) {
        INDArray matrix = gram.matrix();
        double shift = matrix.size(0) * gram.damping();
        INDArray inverse = Nd4j.createUninitialized(matrix.dataType(), matrix.shape(), 'f');
        RobustInverse.Outcome outcome = new RobustInverse(solver).invert(matrix, shift, inverse);
        if (outcome.method() == RobustInverse.Method.EIGEN) {
            return new SampleSolver(inverse, null); // the matrix is not what has been inverted
        }
        solver.mirrorLower(matrix);
        for (long n = 0; n < matrix.size(0); n++) {
            matrix.putScalar(n, n, matrix.getDouble(n, n) + shift + outcome.extraShift());
        }
        return new SampleSolver(inverse, matrix);
    }

    /** (K + N lambda I)^-1 b, [N,1], in double precision; b is not modified. */
    INDArray solve(INDArray b) {
        INDArray x = inverse.mmul(b);
        for (int i = 0; i < REFINEMENTS && matrix != null; i++) {
            x.addi(inverse.mmul(b.sub(matrix.mmul(x))));
        }
        return x;
    }

    @Override
    public void close() {
        inverse.close();
        if (matrix != null) {
            matrix.close();
        }
    }
}
