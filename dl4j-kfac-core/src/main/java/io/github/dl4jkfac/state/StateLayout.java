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

    /** The version that this class makes. States of others are not read. */
    private static final int VERSION = 3;

    /** Which version of this class has made it; it tells what the state holds beside momentum and matrices. */
    private final int version;

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

    /** What the size of the state of all parameters together is rounded up to a multiple of; 0 or 1 if it stays as it is. */
    private final long multipleOf;

    private StateLayout(
            @JsonProperty("version") int version,
            @JsonProperty("role") Role role,
            @JsonProperty("layer") String layer,
            @JsonProperty("blocks") List<BlockLayout> blocks,
            @JsonProperty("hostLength") long hostLength,
            @JsonProperty("hosts") int hosts,
            @JsonProperty("multipleOf") long multipleOf) {
        require(
                version == VERSION,
                "has version " + version + ", and this version of the library reads version " + VERSION
                        + ". Use the version of the library that wrote it, or load the model without its updater state");
        require(role != null && blocks != null, "lacks its role or its blocks");
        require(
                role != Role.CURVATURE || !blocks.isEmpty() && hostLength > 0 && hosts > 0,
                "lacks blocks, hostLength or hosts");
        require(role == Role.NO_STEP || layer != null, "lacks the name of its layer");
        this.version = version;
        this.role = role;
        this.layer = layer;
        this.blocks = List.copyOf(blocks);
        this.hostLength = hostLength;
        this.hosts = hosts;
        this.multipleOf = multipleOf;
    }

    private static void require(boolean holds, String fault) {
        if (!holds) {
            throw new IllegalArgumentException("The layout of the updater state " + fault + ".");
        }
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
        return new StateLayout(VERSION, Role.CURVATURE, layer, blocks, longest, hosts, 0);
    }

    /**
     * Makes the layout of parameters that the fallback updater serves.
     *
     * @param layer name of the layer: it keeps DL4J from merging layers whose learning rates may be set apart later
     * @return the layout
     */
    public static StateLayout fallback(String layer) {
        return new StateLayout(VERSION, Role.FALLBACK, layer, List.of(), 0, 0, 0);
    }

    /** {@return the layout of parameters that never receive a gradient} */
    public static StateLayout noStep() {
        return new StateLayout(VERSION, Role.NO_STEP, null, List.of(), 0, 0, 0);
    }

    /**
     * Makes room until the state is a whole multiple of the parameters. If updaters of other libraries stand in the same network, a change
     * of their learning rates may make DL4J cut and join all states anew, and it takes them to be such multiples.
     *
     * @param parameters number of parameters that DL4J gives one worker with this layout
     * @return the roomier layout
     */
    public StateLayout inWholeMultiplesOf(long parameters) {
        return new StateLayout(VERSION, role, layer, blocks, hostLength, hosts, parameters);
    }

    /** {@return whether the state is a whole multiple of the parameters} */
    public boolean isWholeMultiple() {
        return multipleOf > 0;
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

    /**
     * Tells whether another layout holds the same blocks of the same layer, so that what the one keeps can pass to the other.
     *
     * @param other the other layout
     * @return whether they differ in how DL4J's arrays are charged at most
     */
    public boolean hasContentsOf(StateLayout other) {
        return role == other.role && Objects.equals(layer, other.layer) && blocks.equals(other.blocks);
    }

    /** The numbers kept beside the momentum: counters, what holds for the network, the blocks' matrices, and who made them. */
    long curvatureSize() {
        return Counter.SIZE
                + NetworkScalars.SIZE
                + blocks.stream()
                        .mapToLong(block -> BlockState.COUNTERS + block.curvatureSize())
                        .sum()
                + StateLabel.SIZE;
    }

    /**
     * Counts the numbers kept for a parameter array: momentum, and a share of the rest if it is a host.
     *
     * @param numParams number of parameters in the array
     * @return how many numbers of updater state it needs
     */
    public long stateSize(long numParams) {
        return numParams == hostLength ? numParams + share() : numParams;
    }

    /** What each host is charged with. */
    private long share() {
        long unit = multipleOf <= 1 ? 1 : multipleOf / greatestCommonDivisor(hosts, multipleOf);
        return roundedUp(roundedUp(curvatureSize(), hosts) / hosts, unit);
    }

    private static long roundedUp(long number, long unit) {
        return (number + unit - 1) / unit * unit;
    }

    private static long greatestCommonDivisor(long a, long b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof StateLayout other
                && version == other.version
                && role == other.role
                && Objects.equals(layer, other.layer)
                && blocks.equals(other.blocks)
                && hostLength == other.hostLength
                && hosts == other.hosts
                && multipleOf == other.multipleOf;
    }

    @Override
    public int hashCode() {
        return Objects.hash(version, role.name(), layer, blocks, hostLength, hosts, multipleOf);
    }

    @Override
    public String toString() {
        return role == Role.CURVATURE ? "layer '" + layer + "' " + blocks : String.valueOf(role);
    }
}
