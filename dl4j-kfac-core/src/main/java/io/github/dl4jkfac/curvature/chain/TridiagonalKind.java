package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.JointBlock;
import io.github.dl4jkfac.curvature.JointKind;
import io.github.dl4jkfac.state.Slice;
import java.util.List;

/**
 * Block-tridiagonal K-FAC for the layers of a chain, of which each one's input is the output of the one before, but for an activation
 * (Martens and Grosse 2015, sec. 4.3). A layer keeps its moments with the next one, so its kind knows that one's shape; the kind of any
 * member makes the curvature of all of them.
 *
 * @param next the matrix of the next layer's parameters; null for the last layer of a chain
 */
public record TridiagonalKind(BlockShape next) implements JointKind {

    @Override
    public String name() {
        return TridiagonalBlock.NAME;
    }

    @Override
    public List<Slice> slices(BlockShape shape) {
        return TridiagonalLink.slices(shape, next);
    }

    @Override
    public double refreshFlops(BlockShape shape) {
        return next == null
                ? flops(shape.inputDimension(), 0) + flops(shape.outputs(), 0)
                : flops(shape.inputDimension(), next.inputDimension()) + flops(shape.outputs(), next.outputs());
    }

    /** Of one side: an eigendecomposition, and for the correlations with the next layer another one and products. */
    private static double flops(double own, double following) {
        double whitening = 9 * Math.pow(own, 3);
        double regression = 11 * Math.pow(own, 3) + 4 * following * following * own + 3 * following * own * own;
        return following == 0 ? whitening : whitening + regression;
    }

    @Override
    public JointBlock create(List<BlockContext> members) {
        return new TridiagonalBlock(members);
    }
}
