package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.curvature.rows.InputSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Rows in pieces whose memory is overwritten as soon as the consumer has returned.
 *
 * @param whole rows in one piece
 * @param size rows of a piece
 */
record VanishingPieces(InputSource whole, long size) implements InputSource {

    @Override
    public long rows() {
        return whole.rows();
    }

    @Override
    public int columns() {
        return whole.columns();
    }

    @Override
    public boolean homogeneous() {
        return whole.homogeneous();
    }

    @Override
    public DataType type() {
        return whole.type();
    }

    @Override
    public void forEachChunk(ChunkConsumer consumer) {
        whole.forEachChunk((zero, all) -> {
            for (long first = 0; first < rows(); first += size) {
                INDArray piece = Positions.rows(all, first, Math.min(rows(), first + size))
                        .dup('f');
                consumer.accept(first, piece);
                piece.assign(Double.NaN);
            }
        });
    }

    @Override
    public double magnitude() {
        return whole.magnitude();
    }
}
