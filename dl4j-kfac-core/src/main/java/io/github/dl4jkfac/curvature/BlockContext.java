package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;

/**
 * What a block is made from.
 *
 * @param layer the layer's name, for messages
 * @param shape the matrix that its parameters form
 * @param state where it keeps everything; not changed when the block is made
 * @param decay upper bound of the moving average's memory, in [0,1)
 * @param solver does the linear algebra
 */
public record BlockContext(String layer, BlockShape shape, BlockState state, double decay, SymmetricSolver solver) {

    /** {@return the weight of the old averages when the next batch enters, in [0,1)} */
    public double keep() {
        return new MovingAverage(decay).keep(state.statistics());
    }

    /** Counts a batch that has entered the averages, in the state. */
    public void count() {
        state.setStatistics(state.statistics() + 1);
    }
}
