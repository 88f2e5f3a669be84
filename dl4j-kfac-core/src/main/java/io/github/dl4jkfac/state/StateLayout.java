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

    /** What the updater does with the parameters. */
    private final Role role;

    /** The layer's name, or null. */
    private final String layer;

    /** nIn, or 0. */
    private final int inputs;

    /** nOut, or 0. */
    private final int outputs;

    /** Whether the bias is part of the block. */
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
     * Makes the layout of a layer with a Kronecker-factored block.
     *
     * @param layer the layer's name, unique in its network: it keeps DL4J from merging two layers into one updater block
     * @param inputs nIn
     * @param outputs nOut = dG
     * @param bias whether the bias is part of the block, as homogeneous coordinate
     * @return the layout
     */
    public static StateLayout kronecker(String layer, int inputs, int outputs, boolean bias) {
        return new StateLayout(Role.KRONECKER, layer, inputs, outputs, bias);
    }

    /** {@return the layout of parameters that the fallback updater serves} */
    public static StateLayout fallback() {
        return new StateLayout(Role.FALLBACK, null, 0, 0, false);
    }

    /** {@return the layout of parameters that never receive a gradient} */
    public static StateLayout noStep() {
        return new StateLayout(Role.NO_STEP, null, 0, 0, false);
    }

    /** {@return what the updater does with the parameters} */
    public Role role() {
        return role;
    }

    /** {@return the layer's name; null unless the role is {@link Role#KRONECKER}} */
    public String layer() {
        return layer;
    }

    /** {@return nIn; 0 unless the role is {@link Role#KRONECKER}} */
    public int inputs() {
        return inputs;
    }

    /** {@return nOut = dG; 0 unless the role is {@link Role#KRONECKER}} */
    public int outputs() {
        return outputs;
    }

    /** {@return whether the bias is part of the block} */
    public boolean bias() {
        return bias;
    }

    /** {@return dA: nIn, plus one for the homogeneous coordinate if the bias is part of the block} */
    public int inputDimension() {
        return inputs + (bias ? 1 : 0);
    }

    /** {@return the number of parameters in the block, dA * dG} */
    public long parameters() {
        return (long) inputDimension() * outputs;
    }

    /**
     * Counts the numbers kept for a parameter array: momentum, and once per layer (with its weights) the factors, inverses and
     * counters.
     *
     * @param numParams number of parameters in the array; an array as long as the weights is taken for them
     * @return how many numbers of updater state it needs
     */
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
