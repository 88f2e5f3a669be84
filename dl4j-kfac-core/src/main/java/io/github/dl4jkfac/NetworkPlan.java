package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.UpdaterConfigs;
import io.github.dl4jkfac.state.StateLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Writes into each layer's K-FAC configuration what the layer keeps in the updater state. Only then does DL4J's state view have
 * room for factors and inverses.
 */
final class NetworkPlan {

    private final NetworkView network;
    private final NaturalGradientUpdater swapped;
    private final Map<String, LayerPlan> plans = new LinkedHashMap<>();
    private final boolean amongOthers;

    /** @param swapped the updater that all layers are about to get; null if they keep theirs */
    private NetworkPlan(NetworkView network, NaturalGradientUpdater swapped) {
        this.network = network;
        this.swapped = swapped;
        this.amongOthers = swapped == null && network.layers().stream().anyMatch(NetworkPlan::hasOtherUpdaters);
        LayerChains chains = new LayerChains(network, this::updaters);
        for (NetworkView.NamedLayer named : network.layers()) {
            if (!named.slots().isEmpty()) {
                plans.put(named.name(), plan(named, chains));
            }
        }
    }

    static NetworkPlan of(NetworkView network) {
        return new NetworkPlan(network, null);
    }

    /** What the layouts will be once all layers have the updater given; null if they keep theirs. */
    static NetworkPlan of(NetworkView network, NaturalGradientUpdater swapped) {
        return new NetworkPlan(network, swapped);
    }

    private LayerPlan plan(NetworkView.NamedLayer named, LayerChains chains) {
        // DL4J looks for updaters at the first of several parts, and nowhere else
        UpdaterConfigs.Pair updaters = updaters(named.slots().get(0));
        return new LayerPlan(
                network, chains, named.name(), named.slots(), updaters.weights(), updaters.biases(), amongOthers);
    }

    private UpdaterConfigs.Pair updaters(LayerSlot slot) {
        return swapped == null ? UpdaterConfigs.of(slot.layer()) : new UpdaterConfigs.Pair(swapped, swapped);
    }

    /** After which DL4J's updater may have to be built anew; {@link RunningUpdater} tells. Frozen layers are not left out: they may thaw. */
    void write() {
        for (NetworkView.NamedLayer named : network.layers()) {
            if (named.isFrozen() || usesKFac(named)) {
                write(named);
            }
        }
    }

    /** Plans of all curvature blocks, in the order of their layers. */
    List<BlockPlan> blocks() {
        return plans.values().stream().flatMap(plan -> plan.blocks().stream()).toList();
    }

    /** The plans that belong to a layout, by its layer's name. */
    List<BlockPlan> blocksNamed(String layer) {
        List<BlockPlan> named = new ArrayList<>();
        plans.values().forEach(plan -> named.addAll(plan.named(layer)));
        return named;
    }

    /** Name of each layer and how many numbers its updaters keep. */
    Map<String, Long> stateSizes() {
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (NetworkView.NamedLayer named : network.layers()) {
            sizes.put(named.name(), stateSize(named));
        }
        return sizes;
    }

    private long stateSize(NetworkView.NamedLayer named) {
        long size = 0;
        for (Map.Entry<String, INDArray> parameter :
                named.layer().paramTable(false).entrySet()) {
            IUpdater updater = named.layer().getConfig().getUpdaterByParam(parameter.getKey());
            if (updater instanceof NaturalGradientUpdater || swapped != null && updater.hasLearningRate()) {
                NaturalGradientUpdater own = swapped == null ? (NaturalGradientUpdater) updater : swapped;
                updater = own.withLayout(layoutOf(named, parameter.getKey()));
            }
            size += updater.stateSize(parameter.getValue().length());
        }
        return size;
    }

    private StateLayout layoutOf(NetworkView.NamedLayer named, String parameter) {
        for (LayerSlot slot : named.slots()) {
            if (parameter.startsWith(slot.prefix())) {
                boolean ofBias = slot.groups().stream()
                        .anyMatch(group -> group.bias() != null
                                && parameter.equals(slot.prefix() + group.bias().parameter()));
                LayerPlan plan = plans.get(named.name());
                return ofBias ? plan.layoutOfBiases() : plan.layoutOfWeights();
            }
        }
        return plain(named);
    }

    private StateLayout plain(NetworkView.NamedLayer named) {
        StateLayout layout = named.isFrozen() ? StateLayout.noStep() : StateLayout.fallback(named.name());
        return amongOthers && !named.isFrozen() ? layout.inWholeMultiplesOf(1) : layout;
    }

    /** Whether DL4J may cut and join states of other updaters anew: where there are any whose learning rates may change. */
    private static boolean hasOtherUpdaters(NetworkView.NamedLayer named) {
        return named.layer().paramTable(false).keySet().stream()
                .map(parameter -> named.layer().getConfig().getUpdaterByParam(parameter))
                .anyMatch(updater -> !(updater instanceof NaturalGradientUpdater) && updater.hasLearningRate());
    }

    /**
     * DL4J counts the numbers of the updater state in an int, and would silently overflow.
     *
     * @param sizes numbers per layer
     * @throws IllegalArgumentException naming the largest layer and the remedy
     */
    static void requireIndexable(Map<String, Long> sizes) {
        long sum = sizes.values().stream().mapToLong(Long::longValue).sum();
        if (sum > Integer.MAX_VALUE) {
            Map.Entry<String, Long> largest = Collections.max(sizes.entrySet(), Map.Entry.comparingByValue());
            throw new IllegalArgumentException("KFac: momentum, factors and inverses of this network are " + sum
                    + " numbers, but Deeplearning4j's updater state holds at most " + Integer.MAX_VALUE + ". Layer '"
                    + largest.getKey() + "' has the most, " + largest.getValue()
                    + ". Lower maxFactorDimension below its larger side, so that it gets a cheaper block.");
        }
    }

    /** Whether K-FAC updates any of the layer's parameters; a frozen layer's updater may be configured but is not used. */
    static boolean usesKFac(NetworkView.NamedLayer named) {
        org.deeplearning4j.nn.api.Layer layer = named.layer();
        return layer.paramTable(false).keySet().stream()
                .anyMatch(
                        parameter -> layer.getConfig().getUpdaterByParam(parameter) instanceof NaturalGradientUpdater);
    }

    private void write(NetworkView.NamedLayer named) {
        StateLayout plain = plain(named);
        if (named.slots().isEmpty()) {
            UpdaterConfigs.replace(named.layer(), updater -> lay(updater, plain), updater -> lay(updater, plain));
        }
        for (LayerSlot slot : named.slots()) {
            LayerPlan plan = plans.get(named.name());
            UpdaterConfigs.replace(
                    slot.layer(),
                    updater -> lay(updater, plan.layoutOfWeights()),
                    updater -> lay(updater, plan.layoutOfBiases()));
        }
    }

    private IUpdater lay(IUpdater updater, StateLayout layout) {
        if (!(updater instanceof NaturalGradientUpdater own) || layout.equals(own.layout())) {
            return updater;
        }
        return own.withLayout(layout);
    }

    /** Layer name and reason, for all layers with parameters that the fallback updater serves. */
    Map<String, String> fallbacks() {
        Map<String, String> reasons = new TreeMap<>();
        for (NetworkView.NamedLayer named : network.layers()) {
            if (named.obstacle() != null && named.layer().numParams() > 0) {
                reasons.put(named.name(), named.obstacle());
            }
        }
        plans.forEach((name, plan) -> {
            if (plan.obstacle() != null) {
                reasons.put(name, plan.obstacle());
            }
        });
        reasons.keySet().removeAll(withoutCurvature().keySet());
        return reasons;
    }

    /** Layer name and updater's name, for all layers that get their step from an updater without curvature. */
    Map<String, String> withoutCurvature() {
        Map<String, String> updaters = new LinkedHashMap<>();
        for (NetworkView.NamedLayer named : network.layers()) {
            if (!named.isFrozen()) {
                for (String parameter : named.layer().paramTable(false).keySet()) {
                    if (named.layer().getConfig().getUpdaterByParam(parameter) instanceof NaturalGradientUpdater own
                            && !own.usesCurvature()) {
                        updaters.putIfAbsent(named.name(), own.name());
                    }
                }
            }
        }
        return updaters;
    }
}
