package io.github.dl4jkfac.curvature.rows;

import org.nd4j.linalg.api.buffer.DataType;

/** The inputs of a bias: nothing but the homogeneous coordinate. */
record NoInputs(long rows, DataType type) implements InputSource {

    @Override
    public int columns() {
        return 0;
    }

    @Override
    public boolean homogeneous() {
        return false;
    }

    @Override
    public void forEachChunk(ChunkConsumer consumer) {
        // no columns, so nothing to hand out
    }

    @Override
    public InputSource lasting() {
        return this;
    }

    @Override
    public double magnitude() {
        return 0;
    }
}
