package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.state.BlockLayout;
import io.github.dl4jkfac.state.Slice;
import java.util.List;

/** What a kind of curvature keeps in the updater state for one matrix of parameters, and what that costs. */
public interface BlockKind {

    /** {@return a short name, unique among the kinds; it is written into the network's configuration} */
    String name();

    /**
     * Lists what is kept between steps.
     *
     * @param shape the matrix that the parameters form
     * @return the matrices, in the order in which they are kept; at least those that a resumed run needs to go on bit for bit
     */
    List<Slice> slices(BlockShape shape);

    /**
     * Estimates the cost of a refresh.
     *
     * @param shape the matrix that the parameters form
     * @return floating-point operations
     */
    double refreshFlops(BlockShape shape);

    /**
     * Tells what copies of a network that make {@linkplain CurvatureBlock#sums sums} over parts of a batch have to know of the block.
     *
     * @return whether the sums depend on what has been derived from the statistics, and not on the rows alone
     */
    default boolean sumsNeedDerived() {
        return false;
    }

    /**
     * Describes this matrix's part of the updater state.
     *
     * @param shape the matrix that the parameters form
     * @return the layout
     */
    default BlockLayout layout(BlockShape shape) {
        return new BlockLayout(name(), shape.inputDimension(), shape.outputs(), shape.bias(), slices(shape));
    }
}
