package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.state.BlockLayout;
import io.github.dl4jkfac.state.Slice;
import java.util.List;

/** A kind of curvature block: which arrays it keeps for parameters of a given shape, and how it is made. Has no state. */
public interface BlockType {

    /** {@return a short name, unique among the types; it is written into the network's configuration} */
    String name();

    /**
     * Lists what a block keeps between steps.
     *
     * @param shape the matrix that the parameters form
     * @return the matrices, in the order in which they are kept; at least those that a resumed run needs to go on bit for bit
     */
    List<Slice> slices(BlockShape shape);

    /**
     * Makes a block.
     *
     * @param context shape, state and tools
     * @return the block; its state is what the context's state holds
     */
    CurvatureBlock create(BlockContext context);

    /**
     * Estimates the cost of {@link CurvatureBlock#refresh}.
     *
     * @param shape the matrix that the parameters form
     * @return floating-point operations
     */
    double refreshFlops(BlockShape shape);

    /**
     * Describes a block's part of the updater state.
     *
     * @param shape the matrix that the parameters form
     * @return the layout
     */
    default BlockLayout layout(BlockShape shape) {
        return new BlockLayout(name(), shape.inputDimension(), shape.outputs(), shape.bias(), slices(shape));
    }
}
