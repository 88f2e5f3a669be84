package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What the damping is multiplied with, kept in the updater state: 0, with which a state begins, stands for 1. */
final class DampingFactor {

    static final Slice SLICE = new Slice("damping_factor", 1, 1);

    private static final double LEAST = 1e-8;
    private static final double MOST = 1e8;

    private final INDArray kept;

    /** @param state null if the factor is always 1 */
    DampingFactor(BlockState state) {
        this.kept = state == null ? null : state.get(SLICE.name());
    }

    double get() {
        double value = kept == null ? 1 : kept.getDouble(0, 0);
        return value == 0 ? 1 : value;
    }

    void scale(double by) {
        if (kept != null) {
            kept.putScalar(0, 0, Math.min(MOST, Math.max(LEAST, by * get())));
        }
    }
}
