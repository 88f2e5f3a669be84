package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.NetworkScalars;
import java.util.List;

/**
 * What a block is made from.
 *
 * @param layer the layer's name, for messages
 * @param shape the matrix that its parameters form
 * @param state where it keeps everything; not changed when the block is made
 * @param scalars what holds for the network as a whole
 * @param decay upper bound of the moving average's memory, in [0,1)
 * @param solver does the linear algebra
 */
public record BlockContext(
        String layer,
        BlockShape shape,
        BlockState state,
        NetworkScalars scalars,
        double decay,
        SymmetricSolver solver) {

    /**
     * Makes the context of a block that keeps its statistics elsewhere.
     *
     * @param other where
     * @return the same but for the state
     */
    public BlockContext with(BlockState other) {
        return new BlockContext(layer, shape, other, scalars, decay, solver);
    }

    /** {@return whether some batch has entered the statistics, and an inverse has been made of them} */
    public boolean isReady() {
        return state.statistics() > 0 && state.refreshes() > 0;
    }

    /**
     * Makes one renewal of the renewals of all that the block derives from its statistics.
     *
     * @param parts in the order in which they are computed and committed
     * @return a renewal that is counted in the state, as the first one only if all parts succeed
     */
    public Refresh renewal(Refresh... parts) {
        return new Renewal(state, List.of(parts));
    }

    /** {@return the weight of the old averages when the next batch enters, in [0,1)} */
    public double keep() {
        return new MovingAverage(decay).keep(state.statistics());
    }

    /** Counts a batch that has entered the averages, in the state. */
    public void count() {
        state.setStatistics(state.statistics() + 1);
    }
}
