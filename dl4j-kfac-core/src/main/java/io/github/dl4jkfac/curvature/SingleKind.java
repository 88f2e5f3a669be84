package io.github.dl4jkfac.curvature;

/**
 * A kind of curvature block of one matrix of parameters alone, in contrast to {@link JointKind}: which arrays it keeps for parameters of
 * a given shape, and how it is made. Has no state.
 */
public interface SingleKind extends BlockKind {

    /**
     * Makes a block.
     *
     * @param context shape, state and tools
     * @return the block; its state is what the context's state holds
     */
    CurvatureBlock create(BlockContext context);
}
