package io.github.dl4jkfac.curvature.rows;

import io.github.dl4jkfac.arrays.Finite;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A matrix handed out in pieces, views of columns that are longer than the pieces.
 *
 * @param matrix [rows, columns]
 * @param size rows of a piece
 * @param homogeneous whether pieces have a column of ones
 */
public record PiecewiseInputs(INDArray matrix, long size, boolean homogeneous) implements InputSource {

    @Override
    public long rows() {
        return matrix.size(0);
    }

    @Override
    public int columns() {
        return (int) matrix.size(1);
    }

    @Override
    public DataType type() {
        return matrix.dataType();
    }

    @Override
    public void forEachChunk(ChunkConsumer consumer) {
        INDArray ones = Nd4j.ones(type(), rows(), 1);
        INDArray all = (homogeneous ? Nd4j.hstack(matrix, ones) : matrix).dup('f');
        for (long first = 0; first < rows(); first += size) {
            consumer.accept(
                    first, all.get(NDArrayIndex.interval(first, Math.min(rows(), first + size)), NDArrayIndex.all()));
        }
    }

    @Override
    public double magnitude() {
        return Finite.sumOfMagnitudes(matrix);
    }
}
