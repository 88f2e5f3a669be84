package io.github.dl4jkfac.curvature;

import java.util.List;

/** A kind of curvature that hangs several matrices of parameters together. Has no state. */
public interface JointKind extends BlockKind {

    /**
     * Makes the curvature of several matrices.
     *
     * @param members shape, state and tools of each, in the order of the network's parameters
     * @return the curvature; what lasts of it is in the members' states
     */
    JointBlock create(List<BlockContext> members);
}
