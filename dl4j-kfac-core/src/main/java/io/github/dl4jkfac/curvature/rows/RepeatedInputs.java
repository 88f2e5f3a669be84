package io.github.dl4jkfac.curvature.rows;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Layer inputs that several backward passes have in common, over and over: row r of pass c is row c R + r, with R rows in a pass.
 * Nothing is copied; who wants a mean over inputs alone finds it sooner in {@link OuterProductRows#inputsOnce}.
 *
 * @param base the inputs
 * @param times how often
 */
public record RepeatedInputs(InputSource base, int times) implements InputSource {

    /**
     * Checks the number.
     *
     * @param base the inputs
     * @param times how often, &gt;= 1
     * @throws IllegalArgumentException if it is not
     */
    public RepeatedInputs {
        if (times < 1) {
            throw new IllegalArgumentException("Rows must be repeated at least once, got " + times);
        }
    }

    /** The column of ones and zeros that goes with the rows; null for null. */
    static INDArray repeated(INDArray weights, int times) {
        return weights == null ? null : Nd4j.tile(weights, times, 1);
    }

    @Override
    public long rows() {
        return base.rows() * times;
    }

    @Override
    public int columns() {
        return base.columns();
    }

    @Override
    public boolean homogeneous() {
        return base.homogeneous();
    }

    @Override
    public DataType type() {
        return base.type();
    }

    @Override
    public void forEachChunk(ChunkConsumer consumer) {
        for (int time = 0; time < times; time++) {
            long first = time * base.rows();
            base.forEachChunk((row, chunk) -> consumer.accept(first + row, chunk));
        }
    }

    @Override
    public InputSource lasting() {
        return new RepeatedInputs(base.lasting(), times);
    }

    @Override
    public double magnitude() {
        return base.magnitude();
    }
}
