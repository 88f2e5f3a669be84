package io.github.dl4jkfac.curvature.rows;

import io.github.dl4jkfac.arrays.Finite;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A matrix whose rows lie ready.
 *
 * @param matrix [rows, columns]
 */
record DenseInputs(INDArray matrix) implements InputSource {

    DenseInputs {
        if (matrix.rank() != 2) {
            throw new IllegalArgumentException("Rows must be a matrix, but have rank " + matrix.rank());
        }
    }

    @Override
    public long rows() {
        return matrix.size(0);
    }

    @Override
    public int columns() {
        return Math.toIntExact(matrix.size(1));
    }

    @Override
    public boolean homogeneous() {
        return false;
    }

    @Override
    public DataType type() {
        return matrix.dataType();
    }

    @Override
    public void forEachChunk(ChunkConsumer consumer) {
        if (rows() > 0) {
            consumer.accept(0, matrix);
        }
    }

    @Override
    public InputSource lasting() {
        return new DenseInputs(matrix.dup());
    }

    @Override
    public double magnitude() {
        return Finite.sumOfMagnitudes(matrix);
    }
}
