package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.BlockType;
import io.github.dl4jkfac.curvature.ChainBlock;
import io.github.dl4jkfac.curvature.DepthwiseBlock;
import io.github.dl4jkfac.curvature.DoublyFactoredBlock;
import io.github.dl4jkfac.curvature.EmbeddingBlock;
import io.github.dl4jkfac.curvature.KroneckerBlock;
import io.github.dl4jkfac.curvature.ReducedKroneckerBlock;
import io.github.dl4jkfac.curvature.SpatiallyUncorrelatedBlock;
import io.github.dl4jkfac.curvature.Structure;
import io.github.dl4jkfac.curvature.UnitwiseBlock;

/** The best curvature block known for a group of parameters, given the options of its updater. */
final class BlockTypes {

    private BlockTypes() {}

    /** @return null if there is none; {@link #obstacle} tells why */
    static BlockType of(ParameterGroup group, KFac options) {
        if (group.type() != null) {
            return group.type();
        }
        BlockShape shape = group.shape();
        int most = options.maxFactorDimension();
        if (shape.structure() == Structure.UNITWISE) {
            return UnitwiseBlock.TYPE;
        }
        if (shape.structure() == Structure.DEPTHWISE) {
            return DepthwiseBlock.TYPE;
        }
        if (shape.outputs() > most) {
            return null;
        }
        if (shape.structure() == Structure.EMBEDDING) {
            return EmbeddingBlock.TYPE;
        }
        if (shape.inputDimension() > most) {
            return DoublyFactoredBlock.TYPE;
        }
        return switch (shape.structure()) {
            case CONVOLUTION -> convolution(options);
            case RECURRENT -> recurrent(options);
            default -> KroneckerBlock.TYPE;
        };
    }

    private static BlockType convolution(KFac options) {
        return switch (options.convolution()) {
            case EXPANDED -> KroneckerBlock.TYPE;
            case SPATIALLY_UNCORRELATED -> SpatiallyUncorrelatedBlock.TYPE;
            case AVERAGED -> ReducedKroneckerBlock.TYPE;
        };
    }

    private static BlockType recurrent(KFac options) {
        return switch (options.recurrent()) {
            case INDEPENDENT -> KroneckerBlock.TYPE;
            case SYMMETRIC_CHAIN -> ChainBlock.SYMMETRIC;
            case STATIONARY_CHAIN -> ChainBlock.STATIONARY;
        };
    }

    static String obstacle(ParameterGroup group, KFac options) {
        return "its " + group.shape().outputs() + " outputs exceed maxFactorDimension " + options.maxFactorDimension();
    }
}
