package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.chain.TimeChainBlock;
import io.github.dl4jkfac.curvature.kronecker.DepthwiseBlock;
import io.github.dl4jkfac.curvature.kronecker.DoublyFactoredBlock;
import io.github.dl4jkfac.curvature.kronecker.EmbeddingBlock;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.kronecker.ReducedKroneckerBlock;
import io.github.dl4jkfac.curvature.kronecker.SpatiallyUncorrelatedBlock;
import io.github.dl4jkfac.curvature.kronecker.UnitwiseBlock;
import java.util.function.Function;

/** The best curvature block known for a group of parameters, given the options of its updater. */
final class BlockChoice {

    private BlockChoice() {}

    /** K-FAC's; null if there is none, and {@link #obstacle} tells why. */
    static SingleKind of(ParameterGroup group, KroneckerOptions options) {
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
    static SingleKind of(ParameterGroup group, int most, Function<ParameterKind, SingleKind> ofMatrices) {
        if (group.type() != null) {
            return group.type();
        }
        BlockShape shape = group.shape();
        if (shape.kind() == ParameterKind.UNITWISE) {
            return UnitwiseBlock.TYPE;
        }
        if (shape.kind() == ParameterKind.DEPTHWISE) {
            return DepthwiseBlock.TYPE;
        }
        if (shape.outputs() > most) {
            return null;
        }
        if (shape.kind() == ParameterKind.EMBEDDING) {
            return EmbeddingBlock.TYPE;
        }
        if (shape.inputDimension() > most) {
            return DoublyFactoredBlock.TYPE;
        }
        return ofMatrices.apply(shape.kind());
    }

    private static SingleKind convolution(KroneckerOptions options) {
        return switch (options.convolution()) {
            case EXPANDED -> KroneckerBlock.TYPE;
            case SPATIALLY_UNCORRELATED -> SpatiallyUncorrelatedBlock.TYPE;
            case AVERAGED -> ReducedKroneckerBlock.TYPE;
        };
    }

    private static SingleKind recurrent(KroneckerOptions options) {
        return switch (options.recurrent()) {
            case INDEPENDENT -> KroneckerBlock.TYPE;
            case SYMMETRIC_CHAIN -> TimeChainBlock.SYMMETRIC;
            case STATIONARY_CHAIN -> TimeChainBlock.STATIONARY;
        };
    }

    static String obstacle(ParameterGroup group, int most) {
        return "its " + group.shape().outputs() + " outputs exceed maxFactorDimension " + most;
    }
}
