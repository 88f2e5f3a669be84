package io.github.dl4jkfac.plan;

import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.kronecker.DepthwiseBlock;
import io.github.dl4jkfac.curvature.kronecker.DoublyFactoredBlock;
import io.github.dl4jkfac.curvature.kronecker.EmbeddingBlock;
import io.github.dl4jkfac.curvature.kronecker.UnitwiseBlock;
import java.util.function.Function;

/** The best curvature block known for a group of parameters, given the options of its updater. */
public final class BlockChoice {

    private BlockChoice() {}

    /**
     * Chooses a block.
     *
     * @param group the parameters
     * @param most largest side of a factor
     * @param ofMatrices what dense, convolutional and recurrent layers get whose factors are no larger
     * @return null if there is none; {@link #obstacle} tells why
     */
    public static SingleKind of(ParameterGroup group, int most, Function<ParameterKind, SingleKind> ofMatrices) {
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

    /**
     * Tells why there is no block.
     *
     * @param group the parameters
     * @param most largest side of a factor
     * @return the reason, a clause for the table of blocks
     */
    public static String obstacle(ParameterGroup group, int most) {
        return "its " + group.shape().outputs() + " outputs exceed maxFactorDimension " + most;
    }
}
