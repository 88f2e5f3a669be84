package io.github.dl4jkfac.solve;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link SymmetricSolver} that leaves each type of number to a solver of its own.
 *
 * @param floats for all types but {@code DOUBLE}
 * @param doubles for {@code DOUBLE}
 */
record SolverByType(SymmetricSolver floats, SymmetricSolver doubles) implements SymmetricSolver {

    private SymmetricSolver of(INDArray array) {
        return array.dataType() == DataType.DOUBLE ? doubles : floats;
    }

    @Override
    public String toString() {
        return floats + " for FLOAT, " + doubles + " for DOUBLE";
    }

    @Override
    public void gramLower(INDArray x, double alpha, double beta, INDArray c) {
        of(c).gramLower(x, alpha, beta, c);
    }

    @Override
    public void invert(INDArray m, double shift, INDArray out) {
        of(out).invert(m, shift, out);
    }

    @Override
    public void sandwich(INDArray left, INDArray v, INDArray right, INDArray work, INDArray out) {
        of(out).sandwich(left, v, right, work, out);
    }

    @Override
    public void eigen(INDArray symmetric, INDArray values) {
        of(symmetric).eigen(symmetric, values);
    }

    @Override
    public void mirrorLower(INDArray a) {
        of(a).mirrorLower(a);
    }

    @Override
    public void copyMatrix(INDArray from, INDArray to) {
        of(to).copyMatrix(from, to);
    }
}
