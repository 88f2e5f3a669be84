package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.JointBlock;
import io.github.dl4jkfac.curvature.JointKind;
import io.github.dl4jkfac.state.Slice;
import java.util.List;

/**
 * The kind of {@link SampleSpace}: keeps nothing, unless coefficients are to be reused.
 *
 * @param method what is made of the samples' gradients
 * @param relativeDamping damping that is added to the absolute one, in units of the mean diagonal of J J^T / N; at least 0
 * @param sharing who gets the coefficients of the first epoch; null for none. Needs the empirical Fisher and one member per block
 * @param samplesPerEpoch how many samples have coefficients of their own; 0 for none
 */
public record SampleSpaceKind(
        SampleMethod method, double relativeDamping, CoefficientSharing sharing, int samplesPerEpoch)
        implements JointKind {

    /** Batch size for which the cost is estimated. */
    private static final double NOMINAL_BATCH = 128;

    /**
     * Checks that the options fit together.
     *
     * @param method what is made of the samples' gradients
     * @param relativeDamping in units of the mean diagonal of J J^T / N
     * @param sharing who gets the coefficients of the first epoch, or null
     * @param samplesPerEpoch how many samples have coefficients of their own, or 0
     * @throws IllegalArgumentException if they do not
     */
    public SampleSpaceKind {
        if (!(relativeDamping >= 0) || Double.isInfinite(relativeDamping)) {
            throw new IllegalArgumentException("Relative damping must be zero or positive, got " + relativeDamping);
        }
        if (sharing != null && (method != SampleMethod.EMPIRICAL_FISHER || samplesPerEpoch < 1)) {
            throw new IllegalArgumentException("Coefficients are reused with the empirical Fisher and at least one"
                    + " sample per epoch, got " + method + " and " + samplesPerEpoch);
        }
    }

    /**
     * A kind that keeps nothing.
     *
     * @param method what is made of the samples' gradients
     * @param relativeDamping in units of the mean diagonal of J J^T / N
     */
    public SampleSpaceKind(SampleMethod method, double relativeDamping) {
        this(method, relativeDamping, null, 0);
    }

    /** Whether coefficients are reused. */
    boolean reuses() {
        return sharing != null;
    }

    @Override
    public String name() {
        return reuses() ? "ReusedSampleSpace" : "SampleSpace";
    }

    @Override
    public List<Slice> slices(BlockShape shape) {
        return reuses() ? ReusedCoefficients.slices(samplesPerEpoch) : List.of();
    }

    /** The shape's part of the Gram matrix of 128 samples of one position each. */
    @Override
    public double refreshFlops(BlockShape shape) {
        return NOMINAL_BATCH * NOMINAL_BATCH * (shape.inputDimension() + shape.outputs());
    }

    @Override
    public JointBlock create(List<BlockContext> members) {
        if (reuses() && members.size() != 1) {
            throw new IllegalArgumentException(
                    "Coefficients are reused layer by layer, got " + members.size() + " layers that share a block");
        }
        return new SampleSpace(this, members);
    }
}
