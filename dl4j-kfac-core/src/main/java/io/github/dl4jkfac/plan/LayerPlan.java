package io.github.dl4jkfac.plan;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.state.StateLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * Which curvature blocks a layer's parameters get, given their updaters. Weights and biases share a block if they share an updater;
 * DL4J knows no finer distinction. The directions of a bidirectional layer share theirs, and so one worker and its state.
 */
final class LayerPlan {

    private static final String OF_BIAS = "/bias";

    private final Updaters updaters;
    private final NetworkView network;
    private final LayerChains chains;
    private final String name;
    private final List<LayerSlot> slots;
    private final IUpdater ofWeights;
    private final IUpdater ofBiases;
    private final boolean amongOthers;
    private final List<BlockPlan> weights = new ArrayList<>();
    private final List<BlockPlan> biases = new ArrayList<>();
    private String obstacle;
    private boolean incomplete;

    /**
     * @param updaters knows our own among the updaters
     * @param network the network of the layer
     * @param chains its layers that have a curvature together
     * @param name the layer's name in its network
     * @param slots at least one
     * @param ofWeights the updater of the layer's weights
     * @param ofBiases the updater of its biases; the same object if they have none of their own
     * @param amongOthers whether some parameters of the network have updaters that are not of this library
     */
    LayerPlan(
            Updaters updaters,
            NetworkView network,
            LayerChains chains,
            String name,
            List<LayerSlot> slots,
            IUpdater ofWeights,
            IUpdater ofBiases,
            boolean amongOthers) {
        this.updaters = updaters;
        this.network = network;
        this.chains = chains;
        this.name = name;
        this.slots = slots;
        this.ofWeights = ofWeights;
        this.ofBiases = ofBiases;
        this.amongOthers = amongOthers;
        if (slots.size() > 1 && !areTogether()) {
            // DL4J makes updaters of one configuration, but of separate states, for either direction
            obstacle = "weights and biases of its directions have updaters of their own";
            return;
        }
        for (LayerSlot slot : slots) {
            for (int i = 0; i < slot.groups().size(); i++) {
                plan(slot, i);
            }
        }
        if (incomplete) { // parameters that no block covers would stand still beside those that one covers
            weights.clear();
            biases.clear();
        }
    }

    private void plan(LayerSlot slot, int index) {
        ParameterGroup group = slot.groups().get(index);
        boolean together = areTogether();
        if (!together && !liesInOrder(slot)) {
            obstacle = "Deeplearning4j mixes its weights and biases up where their updaters differ";
            incomplete = true;
            return;
        }
        if (updaters.usesCurvature(ofWeights)) {
            BlockPlan.Part part = together || group.bias() == null ? BlockPlan.Part.WHOLE : BlockPlan.Part.WEIGHTS;
            add(weights, updaters.methodOf(ofWeights), slot, index, part);
        } else {
            obstacle = "its updater is " + ofWeights.getClass().getSimpleName();
        }
        if (!together && group.bias() != null && updaters.usesCurvature(ofBiases)) {
            add(biases, updaters.methodOf(ofBiases), slot, index, BlockPlan.Part.BIAS);
        }
    }

    private void add(List<BlockPlan> plans, Method method, LayerSlot slot, int index, BlockPlan.Part part) {
        ParameterGroup group = part.of(slot.groups().get(index));
        if (group == null) {
            return;
        }
        BlockSite site = new BlockSite(network, slot, index, part, group, chains.of(slot));
        BlockKind kind = method.kindAt(site);
        if (kind == null) {
            obstacle = method.obstacleAt(site);
            incomplete = true;
        } else {
            plans.add(new BlockPlan(slot, index, part, group, kind, method.jointKeyAt(site), method));
        }
    }

    /** Whether the parameters lie in memory as DL4J's updaters believe: in the order of the table. */
    private static boolean liesInOrder(LayerSlot slot) {
        long last = -1;
        for (INDArray array : slot.layer().paramTable(false).values()) {
            if (array.offset() < last) {
                return false;
            }
            last = array.offset();
        }
        return true;
    }

    private boolean areTogether() {
        return updaters.haveSameSettings(ofWeights, ofBiases);
    }

    /** All blocks; none if there is an obstacle to all. */
    List<BlockPlan> blocks() {
        List<BlockPlan> all = new ArrayList<>(weights);
        all.addAll(biases);
        return all;
    }

    /** Why there is no block for the weights; null if there is one. */
    String obstacle() {
        return weights.isEmpty() ? obstacle : null;
    }

    /** What the updater of the weights keeps. */
    StateLayout layoutOfWeights() {
        return weights.isEmpty() ? fallback() : layout(name, weights, !areTogether());
    }

    /** What the updater of the biases keeps. */
    StateLayout layoutOfBiases() {
        if (areTogether()) {
            return layoutOfWeights();
        }
        return biases.isEmpty() ? fallback() : layout(name + OF_BIAS, biases, true);
    }

    private StateLayout fallback() {
        StateLayout layout = StateLayout.fallback(name);
        return amongOthers ? layout.inWholeMultiplesOf(1) : layout;
    }

    /** The plans behind a layout's name. */
    List<BlockPlan> named(String layer) {
        return layer.equals(name) ? weights : layer.equals(name + OF_BIAS) ? biases : List.of();
    }

    /** @param only whether the layout is that of the blocks' own parameter arrays, and not of all arrays of the layer */
    private StateLayout layout(String layoutName, List<BlockPlan> plans, boolean only) {
        Map<String, Long> lengths = new HashMap<>();
        if (!only) {
            slots.forEach(slot -> addAll(slot, lengths));
        }
        for (BlockPlan plan : plans) {
            LayerSlot slot = plan.slot();
            plan.segments()
                    .forEach(segment -> lengths.put(
                            slot.prefix() + segment.parameter(),
                            slot.layer().getParam(segment.parameter()).length()));
        }
        StateLayout layout = StateLayout.curvature(
                layoutName,
                plans.stream().map(plan -> plan.kind().layout(plan.shape())).toList(),
                List.copyOf(lengths.values()));
        return amongOthers
                ? layout.inWholeMultiplesOf(
                        lengths.values().stream().mapToLong(Long::longValue).sum())
                : layout;
    }

    private static void addAll(LayerSlot slot, Map<String, Long> lengths) {
        Map<String, INDArray> table = slot.layer().paramTable(false);
        table.forEach((key, array) -> {
            // running statistics and centres have DL4J's own "updater", whatever the layer's is
            if (!(slot.layer().getConfig().getUpdaterByParam(key) instanceof NoOp)) {
                lengths.put(slot.prefix() + key, array.length());
            }
        });
    }
}
