package io.github.dl4jkfac.state;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * What one layer's updater keeps in DL4J's updater state: written into the layer's updater configuration when a listener is
 * attached, so that {@code stateSize} makes room for it and every saver of DL4J carries it unasked. Immutable.
 *
 * <p>DL4J asks for the size parameter array by parameter array, telling the array's length only. So all that is not momentum is
 * charged to the arrays of one length, the host's, in equal shares.
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
        /** Curvature blocks. */
        CURVATURE,
        /** No curvature block: the fallback updater. */
        FALLBACK,
        /** Parameters that DL4J never computes a gradient for (frozen): no step at all. */
        NO_STEP
    }

    /** What the updater does with the parameters. */
    private final Role role;

    /** Name of the layer, or null. */
    private final String layer;

    /** The blocks, none unless the role is CURVATURE. */
    private final List<BlockLayout> blocks;

    /** Length of the parameter arrays that are charged with the curvature, or 0. */
    private final long hostLength;

    /** How many of the layer's parameter arrays have that length, or 0. */
    private final int hosts;

    private StateLayout(
            @JsonProperty("role") Role role,
            @JsonProperty("layer") String layer,
            @JsonProperty("blocks") List<BlockLayout> blocks,
            @JsonProperty("hostLength") long hostLength,
            @JsonProperty("hosts") int hosts) {
        this.role = role;
        this.layer = layer;
        this.blocks = List.copyOf(blocks);
        this.hostLength = hostLength;
        this.hosts = hosts;
    }

    /**
     * Makes the layout of parameters with curvature blocks.
     *
     * @param layer name of the layer, unique in its network: it keeps DL4J from merging two layers into one updater block
     * @param blocks the blocks, at least one
     * @param arrayLengths lengths of all parameter arrays that have this layout
     * @return the layout
     */
    public static StateLayout curvature(String layer, List<BlockLayout> blocks, List<Long> arrayLengths) {
        long longest = arrayLengths.stream().mapToLong(Long::longValue).max().orElseThrow();
        int hosts =
                (int) arrayLengths.stream().filter(length -> length == longest).count();
        return new StateLayout(Role.CURVATURE, layer, blocks, longest, hosts);
    }

    /**
     * Makes the layout of parameters that the fallback updater serves.
     *
     * @param layer name of the layer: it keeps DL4J from merging layers whose learning rates may be set apart later
     * @return the layout
     */
    public static StateLayout fallback(String layer) {
        return new StateLayout(Role.FALLBACK, layer, List.of(), 0, 0);
    }

    /** {@return the layout of parameters that never receive a gradient} */
    public static StateLayout noStep() {
        return new StateLayout(Role.NO_STEP, null, List.of(), 0, 0);
    }

    /** {@return what the updater does with the parameters} */
    public Role role() {
        return role;
    }

    /** {@return the layer's name; null if the role is {@link Role#NO_STEP}} */
    public String layer() {
        return layer;
    }

    /** {@return the blocks; empty unless the role is {@link Role#CURVATURE}} */
    public List<BlockLayout> blocks() {
        return blocks;
    }

    /** {@return the number of parameters in the blocks} */
    public long parameters() {
        return blocks.stream().mapToLong(BlockLayout::parameters).sum();
    }

    /** The numbers kept beside the momentum: counters and the blocks' matrices. */
    long curvatureSize() {
        return Counter.SIZE
                + blocks.stream()
                        .mapToLong(block -> Counter.SIZE + block.curvatureSize())
                        .sum();
    }

    /**
     * Counts the numbers kept for a parameter array: momentum, and a share of the rest if it is a host.
     *
     * @param numParams number of parameters in the array
     * @return how many numbers of updater state it needs
     */
    public long stateSize(long numParams) {
        return numParams == hostLength ? numParams + (curvatureSize() + hosts - 1) / hosts : numParams;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof StateLayout other
                && role == other.role
                && Objects.equals(layer, other.layer)
                && blocks.equals(other.blocks)
                && hostLength == other.hostLength
                && hosts == other.hosts;
    }

    @Override
    public int hashCode() {
        return Objects.hash(role == null ? null : role.name(), layer, blocks, hostLength, hosts);
    }

    @Override
    public String toString() {
        return role == Role.CURVATURE ? "layer '" + layer + "' " + blocks : String.valueOf(role);
    }
}
