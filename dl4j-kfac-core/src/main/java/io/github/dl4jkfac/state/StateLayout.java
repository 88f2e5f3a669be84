package io.github.dl4jkfac.state;

import java.io.Serializable;
import java.util.Objects;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * What one layer's updater keeps in DL4J's updater state: written into the layer's updater configuration when a listener is
 * attached, so that {@code stateSize} makes room for it and every saver of DL4J carries it unasked. Immutable.
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class StateLayout implements Serializable {

    private static final long serialVersionUID = 1L;

    /** What the updater does with a layer's parameters. */
    public enum Role {
        /** A Kronecker-factored block. */
        KRONECKER,
        /** No curvature block: the fallback updater. */
        FALLBACK,
        /** Parameters that DL4J never computes a gradient for (frozen): no step at all. */
        NO_STEP
    }

    private final Role role;
    private final String layer;
    private final int inputs;
    private final int outputs;
    private final boolean bias;

    private StateLayout(
            @JsonProperty("role") Role role,
            @JsonProperty("layer") String layer,
            @JsonProperty("inputs") int inputs,
            @JsonProperty("outputs") int outputs,
            @JsonProperty("bias") boolean bias) {
        this.role = role;
        this.layer = layer;
        this.inputs = inputs;
        this.outputs = outputs;
        this.bias = bias;
    }

    /**
     * @param layer the layer's name, unique in its network: it keeps DL4J from merging two layers into one updater block
     * @param inputs nIn
     * @param outputs nOut = dG
     * @param bias whether the bias is part of the block, as homogeneous coordinate
     */
    public static StateLayout kronecker(String layer, int inputs, int outputs, boolean bias) {
        return new StateLayout(Role.KRONECKER, layer, inputs, outputs, bias);
    }

    /** The layout of parameters that the fallback updater serves. */
    public static StateLayout fallback() {
        return new StateLayout(Role.FALLBACK, null, 0, 0, false);
    }

    /** The layout of parameters that never receive a gradient. */
    public static StateLayout noStep() {
        return new StateLayout(Role.NO_STEP, null, 0, 0, false);
    }

    public Role role() {
        return role;
    }

    /** The layer's name; null unless {@link Role#KRONECKER}. */
    public String layer() {
        return layer;
    }

    /** nIn. */
    public int inputs() {
        return inputs;
    }

    /** nOut = dG. */
    public int outputs() {
        return outputs;
    }

    /** Whether the bias is part of the block. */
    public boolean bias() {
        return bias;
    }

    /** dA: nIn, plus one for the homogeneous coordinate. */
    public int inputDimension() {
        return inputs + (bias ? 1 : 0);
    }

    /** Number of parameters in the block, dA * dG. */
    public long parameters() {
        return (long) inputDimension() * outputs;
    }

    /** Numbers kept per parameter array: momentum, and once per layer (with its weights) the factors, inverses and counters. */
    public long stateSize(long numParams) {
        boolean weights = numParams == (long) inputs * outputs;
        return numParams + (weights ? CurvatureState.curvatureSize(this) : 0);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof StateLayout other
                && role == other.role
                && Objects.equals(layer, other.layer)
                && inputs == other.inputs
                && outputs == other.outputs
                && bias == other.bias;
    }

    @Override
    public int hashCode() {
        return Objects.hash(role == null ? null : role.name(), layer, inputs, outputs, bias);
    }

    @Override
    public String toString() {
        return role == Role.KRONECKER
                ? "layer '" + layer + "' [" + inputDimension() + " x " + outputs + "]"
                : String.valueOf(role);
    }
}
