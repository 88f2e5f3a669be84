package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.BlockType;
import io.github.dl4jkfac.curvature.ChainBlock;
import io.github.dl4jkfac.curvature.DepthwiseBlock;
import io.github.dl4jkfac.curvature.DoublyFactoredBlock;
import io.github.dl4jkfac.curvature.EmbeddingBlock;
import io.github.dl4jkfac.curvature.KroneckerBlock;
import io.github.dl4jkfac.curvature.LayerKind;
import io.github.dl4jkfac.curvature.ReducedKroneckerBlock;
import io.github.dl4jkfac.curvature.SpatiallyUncorrelatedBlock;
import io.github.dl4jkfac.curvature.UnitwiseBlock;
import java.util.function.Function;

/** The best curvature block known for a group of parameters, given the options of its updater. */
final class BlockTypes {

    private BlockTypes() {}

    /** K-FAC's; null if there is none, and {@link #obstacle} tells why. */
    static BlockType of(ParameterGroup group, KroneckerOptions options) {
        return of(group, options.maxFactorDimension(), kind -> switch (kind) {
            case CONVOLUTION -> convolution(options);
            case RECURRENT -> recurrent(options);
            default -> KroneckerBlock.TYPE;
        });
    }

    /**
     * @param most largest side of a factor
     * @param ofMatrices what dense, convolutional and recurrent layers get whose factors are no larger
     * @return null if there is none; {@link #obstacle} tells why
     */
    static BlockType of(ParameterGroup group, int most, Function<LayerKind, BlockType> ofMatrices) {
        if (group.type() != null) {
            return group.type();
        }
        BlockShape shape = group.shape();
        if (shape.kind() == LayerKind.UNITWISE) {
            return UnitwiseBlock.TYPE;
        }
        if (shape.kind() == LayerKind.DEPTHWISE) {
            return DepthwiseBlock.TYPE;
        }
        if (shape.outputs() > most) {
            return null;
        }
        if (shape.kind() == LayerKind.EMBEDDING) {
            return EmbeddingBlock.TYPE;
        }
        if (shape.inputDimension() > most) {
            return DoublyFactoredBlock.TYPE;
        }
        return ofMatrices.apply(shape.kind());
    }

    private static BlockType convolution(KroneckerOptions options) {
        return switch (options.convolution()) {
            case EXPANDED -> KroneckerBlock.TYPE;
            case SPATIALLY_UNCORRELATED -> SpatiallyUncorrelatedBlock.TYPE;
            case AVERAGED -> ReducedKroneckerBlock.TYPE;
        };
    }

    private static BlockType recurrent(KroneckerOptions options) {
        return switch (options.recurrent()) {
            case INDEPENDENT -> KroneckerBlock.TYPE;
            case SYMMETRIC_CHAIN -> ChainBlock.SYMMETRIC;
            case STATIONARY_CHAIN -> ChainBlock.STATIONARY;
        };
    }

    static String obstacle(ParameterGroup group, int most) {
        return "its " + group.shape().outputs() + " outputs exceed maxFactorDimension " + most;
    }
}
