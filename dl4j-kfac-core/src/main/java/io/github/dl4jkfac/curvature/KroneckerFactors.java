package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The two Kronecker factors of a layer as moving averages: A = E[abar^T abar] of the homogeneous inputs abar = [a, 1] and
 * G = E[g^T g] of the derivatives (Martens and Grosse 2015, sec. 3). They live in arrays of the caller's; of both only the lower
 * triangle means anything.
 *
 * <p>With masks, A is a mean over the active rows and G a mean over all samples, so that A x G is the mean over all samples.
 */
final class KroneckerFactors {

    private final INDArray inputFactor;
    private final INDArray outputFactor;
    private final SymmetricSolver solver;

    /**
     * @param inputFactor A, [dA,dA], column-major
     * @param outputFactor G, [dG,dG], column-major
     */
    KroneckerFactors(INDArray inputFactor, INDArray outputFactor, SymmetricSolver solver) {
        this.inputFactor = inputFactor;
        this.outputFactor = outputFactor;
        this.solver = solver;
    }

    INDArray inputFactor() {
        return inputFactor;
    }

    INDArray outputFactor() {
        return outputFactor;
    }

    /**
     * @param rows one batch
     * @param keep weight of the old averages, in [0,1)
     */
    void update(BatchRows rows, double keep) {
        updateInputs(rows, keep);
        solver.gramLower(rows.derivatives(), (1 - keep) / rows.samples(), keep, outputFactor);
    }

    private void updateInputs(BatchRows rows, double keep) {
        INDArray a = rows.weights() == null ? rows.inputs() : rows.inputs().mulColumnVector(rows.weights());
        double scale = (1 - keep) / rows.active();
        long nIn = a.size(1);
        if (inputFactor.size(0) == nIn) {
            solver.gramLower(a, scale, keep, inputFactor);
            return;
        }
        INDArray block = inputFactor.get(NDArrayIndex.interval(0, nIn), NDArrayIndex.interval(0, nIn));
        solver.gramLower(a, scale, keep, block);
        // The last row of A belongs to the constant 1: the mean input, and 1.
        INDArray last = inputFactor.get(NDArrayIndex.point(nIn), NDArrayIndex.interval(0, nIn));
        last.muli(keep).addi(a.sum(0).muli(scale));
        inputFactor.putScalar(nIn, nIn, keep * inputFactor.getDouble(nIn, nIn) + (1 - keep));
    }

    /** tr A / dA. */
    double meanDiagonalInputs() {
        return meanDiagonal(inputFactor);
    }

    /** tr G / dG. */
    double meanDiagonalOutputs() {
        return meanDiagonal(outputFactor);
    }

    private static double meanDiagonal(INDArray matrix) {
        return Nd4j.diag(matrix).meanNumber().doubleValue();
    }

    /** A x G over the row-major vector of [dA,dG]. */
    INDArray toDense() {
        long dA = inputFactor.size(0);
        long dG = outputFactor.size(0);
        INDArray a = full(inputFactor).dup('c').reshape('c', dA, 1, dA, 1);
        INDArray g = full(outputFactor).dup('c').reshape('c', 1, dG, 1, dG);
        return a.mul(g).dup('c').reshape('c', dA * dG, dA * dG);
    }

    private INDArray full(INDArray lower) {
        INDArray copy = lower.dup('f');
        solver.mirrorLower(copy);
        return copy;
    }
}
