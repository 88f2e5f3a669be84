package io.github.dl4jkfac.solve;

import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Inverts a matrix that should be positive semidefinite and, by rounding, may not quite be so.
 *
 * <p>It tries, in this order:
 *
 * <ol>
 *   <li>Cholesky of M + shift I;
 *   <li>the same with a further shift (jitter) of {@value #FIRST_JITTER} times the mean diagonal of M,
 *       then ten times more, up to {@value #LAST_JITTER} times the mean diagonal;
 *   <li>the eigendecomposition of M, with negative eigenvalues set to 0 before the shift, and
 *       eigenvalues below {@value #EIGENVALUE_FLOOR} times the largest raised to that.
 * </ol>
 *
 * <p>Holds no state between calls; as safe for use by several threads as its solver.
 */
public final class RobustInverse {

    /** First jitter, relative to the mean diagonal. */
    public static final double FIRST_JITTER = 1e-8;

    /** Last jitter, relative to the mean diagonal. */
    public static final double LAST_JITTER = 1e-2;

    /** Smallest eigenvalue that is inverted, relative to the largest. */
    public static final double EIGENVALUE_FLOOR = 1e-10;

    private static final Logger LOG = LoggerFactory.getLogger(RobustInverse.class);

    private final SymmetricSolver solver;

    /** How an inverse was reached. */
    public enum Method {
        /** Cholesky at the first try. */
        CHOLESKY,
        /** Cholesky after a further shift. */
        JITTER,
        /** Eigendecomposition with raised eigenvalues. */
        EIGEN
    }

    /**
     * Tells how an inverse was reached.
     *
     * @param method the method that succeeded
     * @param extraShift what was added to the diagonal beyond the shift asked for, in the unit of the
     *     matrix; for {@link Method#EIGEN} the most that any one eigenvalue was raised by
     */
    public record Outcome(Method method, double extraShift) {}

    /**
     * Creates an inverter.
     *
     * @param solver does the work
     */
    public RobustInverse(SymmetricSolver solver) {
        this.solver = solver;
    }

    /**
     * Computes {@code out <- (M + (shift + extra) I)^-1} with the smallest extra shift tried that
     * works, 0 as a rule.
     *
     * @param m [n, n], of which only the lower triangle is read; not modified
     * @param shift amount added to the diagonal, may be 0
     * @param out [n, n], receives both triangles; must not overlap {@code m}; its content is
     *     unspecified after an exception
     * @return the method that succeeded, and the extra shift
     * @throws FactorisationException if M or the shift is not finite, in which case nothing else is tried, or if
     *     every method failed
     */
    public Outcome invert(INDArray m, double shift, INDArray out) {
        FactorisationException first = attempt(m, shift, out);
        if (first == null) {
            return new Outcome(Method.CHOLESKY, 0);
        }
        double scale = meanDiagonal(m);
        for (double jitter = FIRST_JITTER; scale > 0 && jitter < 2 * LAST_JITTER; jitter *= 10) {
            if (attempt(m, shift + jitter * scale, out) == null) {
                LOG.debug("{}; inverted with {} more", first.getMessage(), jitter * scale);
                return new Outcome(Method.JITTER, jitter * scale);
            }
        }
        double raised = invertByEigen(m, shift, out, first);
        LOG.debug("{}; inverted by eigenvalues, raised by up to {}", first.getMessage(), raised);
        return new Outcome(Method.EIGEN, raised);
    }

    /** Returns null on success, and the failure if another shift may help. */
    private FactorisationException attempt(INDArray m, double shift, INDArray out) {
        try {
            solver.invert(m, shift, out);
            return null;
        } catch (FactorisationException e) {
            if (e.reason() == FactorisationException.Reason.NON_FINITE) {
                throw e;
            }
            return e;
        }
    }

    private static double meanDiagonal(INDArray m) {
        double sum = 0;
        for (int i = 0; i < m.rows(); i++) {
            sum += m.getDouble(i, i);
        }
        return sum / m.rows();
    }

    /** Returns the largest amount that an eigenvalue of M + shift I was raised by. */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    private double invertByEigen(INDArray m, double shift, INDArray out, FactorisationException cause) {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
                INDArray vectors = m.dup('f');
                INDArray values = Nd4j.create(m.dataType(), m.rows())) {
            solver.eigen(vectors, values);
            double[] w = values.data().asDouble();
            double largest = Math.max(0, w[w.length - 1]) + shift;
            if (!(largest > 0)) {
                throw cause;
            }
            double raised = 0;
            for (int i = 0; i < w.length; i++) {
                double safe = Math.max(Math.max(0, w[i]) + shift, EIGENVALUE_FLOOR * largest);
                raised = Math.max(raised, safe - (w[i] + shift));
                values.putScalar(i, 1 / Math.sqrt(safe));
            }
            // Q diag(1/w) Q^T is the Gram matrix of (Q diag(w^-1/2))^T, and so exactly symmetric.
            vectors.muliRowVector(values);
            solver.gramLower(vectors.transpose(), 1, 0, out);
            solver.mirrorLower(out);
            return raised;
        }
    }
}
