package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.chain.TimeChainBlock;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.kronecker.ReducedKroneckerBlock;
import io.github.dl4jkfac.curvature.kronecker.SpatiallyUncorrelatedBlock;
import io.github.dl4jkfac.plan.BlockChoice;
import io.github.dl4jkfac.step.Option;
import java.io.Serializable;
import java.util.List;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * What {@link KFac} lets choose of its factors.
 *
 * @param curvature which matrix the factors estimate
 * @param maxFactorDimension largest side of a factor
 * @param convolution how the factors of convolutions are made
 * @param recurrent the assumption about how the derivatives of different time steps are correlated
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
record KroneckerOptions(
        @JsonProperty("curvature") Curvature curvature,
        @JsonProperty("maxFactorDimension") int maxFactorDimension,
        @JsonProperty("convolution") ConvolutionFactors convolution,
        @JsonProperty("recurrent") RecurrentModel recurrent)
        implements Serializable {

    KroneckerOptions {
        Option.choice("curvature", curvature);
        Option.count("maxFactorDimension", maxFactorDimension, "");
        Option.choice("convolution", convolution);
        Option.choice("recurrent", recurrent);
    }

    /** The block of a group of parameters; null if there is none, and {@link BlockChoice#obstacle} tells why. */
    SingleKind kindOf(ParameterGroup group) {
        return BlockChoice.of(group, maxFactorDimension, kind -> switch (kind) {
            case CONVOLUTION -> ofConvolutions();
            case RECURRENT -> ofSequences();
            default -> KroneckerBlock.TYPE;
        });
    }

    private SingleKind ofConvolutions() {
        return switch (convolution) {
            case EXPANDED -> KroneckerBlock.TYPE;
            case SPATIALLY_UNCORRELATED -> SpatiallyUncorrelatedBlock.TYPE;
            case AVERAGED -> ReducedKroneckerBlock.TYPE;
        };
    }

    private SingleKind ofSequences() {
        return switch (recurrent) {
            case INDEPENDENT -> KroneckerBlock.TYPE;
            case SYMMETRIC_CHAIN -> TimeChainBlock.SYMMETRIC;
            case STATIONARY_CHAIN -> TimeChainBlock.STATIONARY;
        };
    }

    List<Object> asList() {
        return List.of(curvature, maxFactorDimension, convolution, recurrent);
    }
}
