package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The two Kronecker factors of a layer as moving averages: A = E[abar^T abar] of the homogeneous inputs abar = [a, 1] and
 * G = E[g^T g] of the derivatives (Martens and Grosse 2015, sec. 3). They live in arrays of the caller's; of both only the lower
 * triangle means anything.
 *
 * <p>Where a sample has several rows, A is a mean over the active rows and G a sum over a sample's rows and a mean over the samples,
 * so that A x G is the mean over the samples, as if rows were independent of each other: the convolutional layers' Omega x Gamma
 * (Grosse and Martens 2016, Theorem 1; they sum in A and average in G, which is the same product and the same damping), and the
 * recurrent layers' independence over time (Martens, Ba, Johnson 2018).
 */
public final class KroneckerFactors {

    private final InputMoment inputMoment;
    private final INDArray outputFactor;
    private final SymmetricSolver solver;

    /**
     * Takes the arrays that the factors live in.
     *
     * @param inputFactor A, [dA,dA], column-major; {@link #update} writes through it
     * @param outputFactor G, [dG,dG], column-major; {@link #update} writes through it
     * @param solver does the products
     */
    public KroneckerFactors(INDArray inputFactor, INDArray outputFactor, SymmetricSolver solver) {
        this.inputMoment = new InputMoment(inputFactor, solver);
        this.outputFactor = outputFactor;
        this.solver = solver;
    }

    /**
     * Takes in one batch: both factors are modified, the rows are not.
     *
     * @param rows one batch
     * @param keep weight of the old averages, in [0,1)
     */
    public void update(OuterProductRows rows, double keep) {
        inputMoment.update(rows, keep);
        solver.gramLower(rows.derivatives(), (1 - keep) / rows.samples(), keep, outputFactor);
    }

    /** {@return tr A / dA} */
    public double meanDiagonalInputs() {
        return inputMoment.meanDiagonal();
    }

    /** {@return tr G / dG} */
    public double meanDiagonalOutputs() {
        return solver.meanDiagonal(outputFactor);
    }

    /** {@return A x G over the row-major vector of [dA,dG], a new array} */
    public INDArray toDense() {
        return product(full(inputMoment.matrix()), full(outputFactor));
    }

    /**
     * Writes out a Kronecker product.
     *
     * @param a [m,m]; not modified
     * @param g [n,n]; not modified
     * @return a x g, a new array [m n, m n]
     */
    public static INDArray product(INDArray a, INDArray g) {
        INDArray left = a.dup('c').reshape('c', a.size(0), 1, a.size(1), 1);
        INDArray right = g.dup('c').reshape('c', 1, g.size(0), 1, g.size(1));
        return left.mul(right).dup('c').reshape('c', a.size(0) * g.size(0), a.size(1) * g.size(1));
    }

    private INDArray full(INDArray lower) {
        INDArray copy = lower.dup('f');
        solver.mirrorLower(copy);
        return copy;
    }
}
