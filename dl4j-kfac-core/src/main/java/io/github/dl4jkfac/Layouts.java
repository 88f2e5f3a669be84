package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.state.StateLayout;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Writes into each layer's K-FAC configuration what the layer keeps in the updater state. Only then does DL4J's state view have
 * room for factors and inverses.
 */
final class Layouts {

    private final NetworkView network;
    private final KFac swapped;
    private boolean changed;

    /** @param swapped the updater that all layers are about to get; null if they keep theirs */
    private Layouts(NetworkView network, KFac swapped) {
        this.network = network;
        this.swapped = swapped;
    }

    /** @return whether any configuration changed, so that DL4J's updater has to be built anew */
    static boolean write(NetworkView network) {
        Layouts layouts = new Layouts(network, null);
        for (NetworkView.NamedLayer layer : network.layers()) {
            layouts.write(layer);
        }
        return layouts.changed;
    }

    /** Name and configuration of the layers that have, or are about to have, a Kronecker block. Changes nothing. */
    static Map<String, KFac> blocks(NetworkView network, KFac swapped) {
        Layouts layouts = new Layouts(network, swapped);
        Map<String, KFac> blocks = new LinkedHashMap<>();
        for (NetworkView.NamedLayer named : network.layers()) {
            if (layouts.layoutOf(named).role() == StateLayout.Role.KRONECKER) {
                blocks.put(named.name(), (KFac)
                        layouts.updater((BaseLayer) named.layer().conf().getLayer()));
            }
        }
        return blocks;
    }

    /** Name of each layer and how many numbers its updaters keep. Changes nothing. */
    static Map<String, Long> stateSizes(NetworkView network, KFac swapped) {
        Layouts layouts = new Layouts(network, swapped);
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (NetworkView.NamedLayer named : network.layers()) {
            sizes.put(named.name(), layouts.stateSize(named));
        }
        return sizes;
    }

    private long stateSize(NetworkView.NamedLayer named) {
        StateLayout layout = layoutOf(named);
        long size = 0;
        for (Map.Entry<String, INDArray> parameter :
                named.layer().paramTable(false).entrySet()) {
            IUpdater updater =
                    swapped == null ? named.layer().getConfig().getUpdaterByParam(parameter.getKey()) : swapped;
            IUpdater laid = updater instanceof KFac kfac ? kfac.withLayout(layout) : updater;
            size += laid.stateSize(parameter.getValue().length());
        }
        return size;
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
                    + ". Lower maxFactorDimension below its larger side, so that it gets the fallback updater.");
        }
    }

    /** Whether K-FAC updates any of the layer's parameters; a frozen layer's updater may be configured but is not used. */
    static boolean usesKFac(NetworkView.NamedLayer named) {
        org.deeplearning4j.nn.api.Layer layer = named.layer();
        return layer.paramTable(false).keySet().stream()
                .anyMatch(parameter -> layer.getConfig().getUpdaterByParam(parameter) instanceof KFac);
    }

    private void write(NetworkView.NamedLayer named) {
        if (!usesKFac(named)) {
            return;
        }
        Layer conf = named.layer().conf().getLayer();
        StateLayout layout = layoutOf(named);
        boolean kronecker = layout.role() == StateLayout.Role.KRONECKER;
        StateLayout ofBias = kronecker && !layout.bias() ? StateLayout.fallback() : layout;
        UpdaterConfigs.replace(conf, updater -> lay(updater, layout), updater -> lay(updater, ofBias));
    }

    private IUpdater lay(IUpdater updater, StateLayout layout) {
        if (!(updater instanceof KFac kfac) || layout.equals(kfac.layout())) {
            return updater;
        }
        changed = true;
        return kfac.withLayout(layout);
    }

    private StateLayout layoutOf(NetworkView.NamedLayer named) {
        if (named.isFrozen()) {
            return StateLayout.noStep();
        }
        LayerSlot slot = network.slots().stream()
                .filter(candidate -> candidate.layer() == named.layer())
                .findFirst()
                .orElse(null);
        if (slot == null || obstacle(named, slot) != null) {
            return StateLayout.fallback();
        }
        BaseLayer conf = (BaseLayer) named.layer().conf().getLayer();
        boolean together = slot.hasBias() && sharesBlock(conf);
        return StateLayout.kronecker(slot.name(), slot.inputs(), slot.outputs(), together);
    }

    /** Why a layer with this slot still has no block; null if it has one. */
    private String obstacle(NetworkView.NamedLayer named, LayerSlot slot) {
        IUpdater updater = updater((BaseLayer) named.layer().conf().getLayer());
        if (!(updater instanceof KFac kfac)) {
            return "its updater is " + updater.getClass().getSimpleName();
        }
        int largest = Math.max(slot.inputs() + 1, slot.outputs());
        return largest > kfac.maxFactorDimension()
                ? "a factor of side " + largest + " exceeds maxFactorDimension " + kfac.maxFactorDimension()
                : null;
    }

    /** Whether the bias is updated by the same K-FAC as the weights, and so is the last row of the same block. */
    private boolean sharesBlock(BaseLayer conf) {
        IUpdater bias = swapped == null ? conf.getBiasUpdater() : null;
        return bias == null || bias instanceof KFac kfac && kfac.hasSettingsOf((KFac) updater(conf));
    }

    private IUpdater updater(BaseLayer conf) {
        return swapped == null ? conf.getIUpdater() : swapped;
    }

    /** Layer name and reason, for all layers with parameters that the fallback updater serves. */
    static Map<String, String> fallbacks(NetworkView network, List<String> blocks) {
        Map<String, String> reasons = new TreeMap<>();
        for (NetworkView.NamedLayer named : network.layers()) {
            if (named.layer().numParams() > 0 && !blocks.contains(named.name())) {
                reasons.put(named.name(), new Layouts(network, null).reason(named));
            }
        }
        return reasons;
    }

    private String reason(NetworkView.NamedLayer named) {
        if (named.obstacle() != null) {
            return named.isFrozen() ? "frozen" : named.obstacle();
        }
        return network.slots().stream()
                .filter(slot -> slot.layer() == named.layer())
                .map(slot -> obstacle(named, slot))
                .findFirst()
                .orElse("no curvature block");
    }
}
