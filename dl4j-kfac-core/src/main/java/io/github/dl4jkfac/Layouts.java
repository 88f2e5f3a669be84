package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.state.StateLayout;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Writes into each layer's K-FAC configuration what the layer keeps in the updater state. Only then does DL4J's state view have
 * room for factors and inverses.
 */
final class Layouts {

    private final NetworkView network;
    private boolean changed;

    private Layouts(NetworkView network) {
        this.network = network;
    }

    /**
     * @return whether any configuration changed, so that DL4J's updater has to be built anew
     * @throws IllegalArgumentException if the layers' K-FAC configurations contradict each other, or their state is too large
     */
    static boolean write(NetworkView network) {
        Layouts layouts = new Layouts(network);
        for (NetworkView.NamedLayer layer : network.layers()) {
            layouts.write(layer);
        }
        return layouts.changed;
    }

    private void write(NetworkView.NamedLayer named) {
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
    private static String obstacle(NetworkView.NamedLayer named, LayerSlot slot) {
        IUpdater updater = ((BaseLayer) named.layer().conf().getLayer()).getIUpdater();
        if (!(updater instanceof KFac kfac)) {
            return "its updater is " + updater.getClass().getSimpleName();
        }
        int largest = Math.max(slot.inputs() + 1, slot.outputs());
        return largest > kfac.maxFactorDimension()
                ? "a factor of side " + largest + " exceeds maxFactorDimension " + kfac.maxFactorDimension()
                : null;
    }

    /** Whether the bias is updated by the same K-FAC as the weights, and so is the last row of the same block. */
    private static boolean sharesBlock(BaseLayer conf) {
        IUpdater bias = conf.getBiasUpdater();
        return bias == null || bias instanceof KFac kfac && kfac.hasSettingsOf((KFac) conf.getIUpdater());
    }

    /** Layer name and reason, for all layers with parameters that the fallback updater serves. */
    static Map<String, String> fallbacks(NetworkView network, List<String> blocks) {
        Map<String, String> reasons = new TreeMap<>();
        for (NetworkView.NamedLayer named : network.layers()) {
            if (named.layer().numParams() > 0 && !blocks.contains(named.name())) {
                reasons.put(named.name(), reason(network, named));
            }
        }
        return reasons;
    }

    private static String reason(NetworkView network, NetworkView.NamedLayer named) {
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
