package io.github.dl4jkfac.plan;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NamedLayer;
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
 * The plan of a network: which layer gets which blocks, what each keeps in the updater state, and how that is written into the layers'
 * configurations. Only when it is written does DL4J's state view have room for factors and inverses.
 */
public final class NetworkPlan {

    /** The name under which the listener logs, and whoever works for it: users set its level. */
    public static final String LISTENER_LOGGER = "io.github.dl4jkfac.KFacListener";

    private final Updaters updaters;
    private final NetworkView network;
    private final IUpdater swapped;
    private final Map<String, LayerPlan> plans = new LinkedHashMap<>();
    private final boolean amongOthers;

    /** @param swapped the updater that all layers are about to get; null if they keep theirs */
    private NetworkPlan(Updaters updaters, NetworkView network, IUpdater swapped) {
        this.updaters = updaters;
        this.network = network;
        this.swapped = swapped;
        this.amongOthers = swapped == null && network.layers().stream().anyMatch(this::hasOtherUpdaters);
        LayerChains chains = new LayerChains(updaters, network, this::pair);
        for (NamedLayer named : network.layers()) {
            if (!named.slots().isEmpty()) {
                plans.put(named.name(), plan(named, chains));
            }
        }
    }

    /**
     * Plans a network as it is configured.
     *
     * @param updaters knows our own among the updaters
     * @param network the network; nothing of it changes
     * @return the plan
     */
    public static NetworkPlan of(Updaters updaters, NetworkView network) {
        return new NetworkPlan(updaters, network, null);
    }

    /**
     * Plans what a network will be.
     *
     * @param updaters knows our own among the updaters
     * @param network the network; nothing of it changes
     * @param swapped the updater that all layers are about to get; null if they keep theirs
     * @return the plan
     */
    public static NetworkPlan of(Updaters updaters, NetworkView network, IUpdater swapped) {
        return new NetworkPlan(updaters, network, swapped);
    }

    /** {@return the network} */
    public NetworkView network() {
        return network;
    }

    private LayerPlan plan(NamedLayer named, LayerChains chains) {
        // DL4J looks for updaters at the first of several parts, and nowhere else
        UpdaterConfigs.Pair pair = pair(named.slots().get(0));
        return new LayerPlan(
                updaters, network, chains, named.name(), named.slots(), pair.weights(), pair.biases(), amongOthers);
    }

    private UpdaterConfigs.Pair pair(LayerSlot slot) {
        return swapped == null ? UpdaterConfigs.of(slot.layer()) : new UpdaterConfigs.Pair(swapped, swapped);
    }

    /**
     * Writes the layouts into the layers' configurations, after which DL4J's updater may have to be built anew: sessions find that
     * out. Frozen layers are not left out: they may thaw.
     */
    public void write() {
        for (NamedLayer named : network.layers()) {
            if (named.isFrozen() || isOurs(updaters, named)) {
                write(named);
            }
        }
    }

    /** {@return the plans of all curvature blocks, in the order of their layers} */
    public List<BlockPlan> blocks() {
        return plans.values().stream().flatMap(plan -> plan.blocks().stream()).toList();
    }

    /**
     * Finds the plans that belong to a layout.
     *
     * @param layer the name in the layout
     * @return its blocks; none if there is no such layer
     */
    public List<BlockPlan> blocksNamed(String layer) {
        List<BlockPlan> named = new ArrayList<>();
        plans.values().forEach(plan -> named.addAll(plan.named(layer)));
        return named;
    }

    /** {@return the name of each layer and how many numbers its updaters keep} */
    public Map<String, Long> stateSizes() {
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (NamedLayer named : network.layers()) {
            sizes.put(named.name(), stateSize(named));
        }
        return sizes;
    }

    private long stateSize(NamedLayer named) {
        long size = 0;
        for (Map.Entry<String, INDArray> parameter :
                named.layer().paramTable(false).entrySet()) {
            IUpdater updater = named.layer().getConfig().getUpdaterByParam(parameter.getKey());
            if (updaters.isOurs(updater) || swapped != null && updater.hasLearningRate()) {
                IUpdater own = swapped == null ? updater : swapped;
                updater = updaters.withLayout(own, layoutOf(named, parameter.getKey()));
            }
            size += updater.stateSize(parameter.getValue().length());
        }
        return size;
    }

    private StateLayout layoutOf(NamedLayer named, String parameter) {
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

    private StateLayout plain(NamedLayer named) {
        StateLayout layout = named.isFrozen() ? StateLayout.noStep() : StateLayout.fallback(named.name());
        return amongOthers && !named.isFrozen() ? layout.inWholeMultiplesOf(1) : layout;
    }

    /** Whether DL4J may cut and join states of other updaters anew: where there are any whose learning rates may change. */
    private boolean hasOtherUpdaters(NamedLayer named) {
        return named.layer().paramTable(false).keySet().stream()
                .map(parameter -> named.layer().getConfig().getUpdaterByParam(parameter))
                .anyMatch(updater -> !updaters.isOurs(updater) && updater.hasLearningRate());
    }

    /**
     * Checks the size of the updater state: DL4J counts its numbers in an int, and would silently overflow.
     *
     * @param sizes numbers per layer
     * @throws IllegalArgumentException naming the largest layer and the remedy
     */
    public static void requireIndexable(Map<String, Long> sizes) {
        long sum = sizes.values().stream().mapToLong(Long::longValue).sum();
        if (sum > Integer.MAX_VALUE) {
            Map.Entry<String, Long> largest = Collections.max(sizes.entrySet(), Map.Entry.comparingByValue());
            throw new IllegalArgumentException("KFac: momentum, factors and inverses of this network are " + sum
                    + " numbers, but Deeplearning4j's updater state holds at most " + Integer.MAX_VALUE + ". Layer '"
                    + largest.getKey() + "' has the most, " + largest.getValue()
                    + ". Lower maxFactorDimension below its larger side, so that it gets a cheaper block.");
        }
    }

    /**
     * Tells whether this library updates any of a layer's parameters; a frozen layer's updater may be configured but is not used.
     *
     * @param updaters knows our own among the updaters
     * @param named the layer
     * @return whether it does
     */
    public static boolean isOurs(Updaters updaters, NamedLayer named) {
        org.deeplearning4j.nn.api.Layer layer = named.layer();
        return layer.paramTable(false).keySet().stream()
                .anyMatch(parameter -> updaters.isOurs(layer.getConfig().getUpdaterByParam(parameter)));
    }

    private void write(NamedLayer named) {
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
        return !updaters.isOurs(updater) || layout.equals(updaters.layoutOf(updater))
                ? updater
                : updaters.withLayout(updater, layout);
    }

    /** Tells the log what is likely not to be what the user wants. */
    public void advise() {
        LayerChains.warnIfMissing(blocks());
        Advice.log(updaters, network);
    }

    /** {@return layer name and reason, for all layers with parameters that the fallback updater serves} */
    public Map<String, String> fallbacks() {
        Map<String, String> reasons = new TreeMap<>();
        for (NamedLayer named : network.layers()) {
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

    /** {@return layer name and updater's name, for all layers that get their step from an updater without curvature} */
    public Map<String, String> withoutCurvature() {
        Map<String, String> names = new LinkedHashMap<>();
        for (NamedLayer named : network.layers()) {
            if (!named.isFrozen()) {
                for (String parameter : named.layer().paramTable(false).keySet()) {
                    Method method = updaters.methodOf(named.layer().getConfig().getUpdaterByParam(parameter));
                    if (method != null && !method.usesCurvature()) {
                        names.putIfAbsent(named.name(), method.name());
                    }
                }
            }
        }
        return names;
    }
}
