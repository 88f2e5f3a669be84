package io.github.dl4jkfac.solve;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The dense linear algebra of K-FAC. Internal: it may change without notice.
 *
 * <p>All matrices are rank 2, of one type ({@code FLOAT} or {@code DOUBLE}) and column-major: the row
 * stride is 1 and the column stride at least the number of rows. Views into larger arrays are
 * accepted. An array that breaks these rules causes an {@link IllegalArgumentException}; where an
 * operation accepts more, its description says so.
 *
 * <p>Implementations hold no state between calls, so one instance may serve several threads. They
 * allocate nothing that outlives a call, and never inside the caller's ND4J workspace.
 */
public interface SymmetricSolver {

    /**
     * Adds a Gram matrix: {@code C <- beta C + alpha X^T X}, a sum over the rows of X and not a mean.
     *
     * <p>Only the lower triangle of C is defined afterwards: an implementation may leave the strict
     * upper triangle alone or overwrite it. With {@code beta = 0} the old content of C is ignored,
     * even where it is not finite.
     *
     * @param x [n, d], in any layout; a layout without a unit stride costs a copy; not modified
     * @param alpha factor of the product
     * @param beta factor of the old content of C
     * @param c [d, d], modified; must not overlap {@code x}
     */
    void gramLower(INDArray x, double alpha, double beta, INDArray c);

    /**
     * Inverts a positive definite matrix: {@code out <- (M + shift I)^-1}, by Cholesky factorisation.
     *
     * <p>The relative error is about cond * 1e-7 for {@code FLOAT} and cond * 1e-15 for {@code
     * DOUBLE}, with the condition number of M + shift I.
     *
     * @param m [n, n], of which only the lower triangle is read; not modified
     * @param shift amount added to the diagonal, may be 0
     * @param out [n, n], receives both triangles; must not overlap {@code m}; its content is
     *     unspecified after an exception, so pass a scratch array where the last inverse matters
     * @throws FactorisationException if M + shift I is not positive definite in working precision, if
     *     M or the shift is not finite, or if the inverse overflows
     */
    void invert(INDArray m, double shift, INDArray out);

    /**
     * Multiplies from both sides: {@code out <- L V R}, with symmetric L and R.
     *
     * @param left L, [r, r], full and symmetric (one triangle may be ignored); not modified
     * @param v V, [r, c]; not modified unless it is also {@code out}
     * @param right R, [c, c], full and symmetric (one triangle may be ignored); not modified
     * @param work [r, c], scratch, unspecified afterwards; must not overlap any other argument
     * @param out [r, c], may be the same array as {@code v} but must not overlap it otherwise
     */
    void sandwich(INDArray left, INDArray v, INDArray right, INDArray work, INDArray out);

    /**
     * Computes the eigendecomposition {@code M = Q diag(w) Q^T}, about nine times the cost of an
     * inverse.
     *
     * @param symmetric M, [n, n], of which only the lower triangle is read; overwritten with Q, one
     *     orthonormal eigenvector in each column
     * @param values receives the n eigenvalues in ascending order; a vector with stride 1
     * @throws FactorisationException if M is not finite or the iteration does not converge; both
     *     arrays are unspecified then
     */
    void eigen(INDArray symmetric, INDArray values);

    /**
     * Averages the diagonal, tr M / n.
     *
     * @param m [n, n]; not modified
     * @return the mean
     */
    default double meanDiagonal(INDArray m) {
        return Nd4j.diag(m).meanNumber().doubleValue();
    }

    /**
     * Sums the diagonal, tr M.
     *
     * @param m [n, n]; not modified
     * @return the trace
     */
    default double trace(INDArray m) {
        return Nd4j.diag(m).sumNumber().doubleValue();
    }

    /**
     * Makes a diagonal matrix that stands for the inverse of one that cannot be inverted: {@code out <- diag(max(m_ii + shift, floor))^-1},
     * with a floor of a millionth of the mean diagonal.
     *
     * @param m [n, n]; not modified
     * @param shift amount added to the diagonal
     * @param out [n, n], overwritten; always finite
     */
    default void invertDiagonal(INDArray m, double shift, INDArray out) {
        out.assign(0);
        double mean = meanDiagonal(m);
        double floor = mean > 0 && !Double.isInfinite(mean) ? 1e-6 * mean : 1;
        for (long i = 0; i < m.size(0); i++) {
            double entry = m.getDouble(i, i) + shift;
            out.putScalar(i, i, 1 / (entry > floor ? entry : floor));
        }
    }

    /**
     * Copies the strict lower triangle onto the upper one, which makes a result of {@link #gramLower}
     * a full symmetric matrix.
     *
     * @param a [n, n], modified above its diagonal only
     */
    void mirrorLower(INDArray a);

    /**
     * Copies a matrix. Same as {@code to.assign(from)}, but several times faster where ND4J copies
     * between column-major views one element at a time.
     *
     * @param from [r, c], in any layout; not modified
     * @param to [r, c], in any layout; must not overlap {@code from}
     */
    void copyMatrix(INDArray from, INDArray to);
}
