package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.UpdaterConfigs;
import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.chain.TridiagonalKind;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which layers share a block-tridiagonal curvature: dense layers that follow each other and whose updaters, all with the same settings,
 * ask for it. With different learning rates, say, the step would not be one along the chain's natural gradient any more.
 */
final class LayerChains {

    private static final Logger LOG = LoggerFactory.getLogger(KFacListener.class);

    private final Function<LayerSlot, UpdaterConfigs.Pair> updaters;
    private final Map<LayerSlot, Place> places = new IdentityHashMap<>();

    /**
     * A layer's place in its chain.
     *
     * @param chain the same for all layers of a chain and for no others
     * @param next the matrix of the next layer's parameters; null for the last
     */
    record Place(String chain, BlockShape next) {}

    /** @param updaters those of the weights and biases of a layer */
    LayerChains(NetworkView network, Function<LayerSlot, UpdaterConfigs.Pair> updaters) {
        this.updaters = updaters;
        for (List<LayerSlot> dense : network.denseChains()) {
            List<LayerSlot> chain = new ArrayList<>();
            for (LayerSlot slot : dense) {
                if (!chain.isEmpty() && !haveSameSettings(chain.get(chain.size() - 1), slot)) {
                    add(chain);
                    chain.clear();
                }
                if (asks(slot)) {
                    chain.add(slot);
                }
            }
            add(chain);
        }
    }

    private boolean asks(LayerSlot slot) {
        UpdaterConfigs.Pair pair = updaters.apply(slot);
        ParameterGroup group = slot.groups().get(0);
        return pair.weights() instanceof KFac kfac
                && kfac.chains(group)
                && (group.bias() == null || pair.biases() instanceof KFac other && kfac.hasSettingsOf(other));
    }

    /** @param first asks for a chain */
    private boolean haveSameSettings(LayerSlot first, LayerSlot second) {
        return asks(second)
                && ((KFac) updaters.apply(first).weights())
                        .hasSettingsOf((KFac) updaters.apply(second).weights());
    }

    private void add(List<LayerSlot> chain) {
        for (int i = 0; i < chain.size() && chain.size() > 1; i++) {
            BlockShape next =
                    i + 1 < chain.size() ? chain.get(i + 1).groups().get(0).shape() : null;
            places.put(chain.get(i), new Place("chain from " + chain.get(0).name(), next));
        }
    }

    /** The place of a layer, or null if it has none. */
    Place of(LayerSlot slot) {
        return places.get(slot);
    }

    /** Says so if a network's updaters ask for chains and there are none. */
    static void warnIfMissing(NetworkView network) {
        List<BlockPlan> plans = NetworkPlan.of(network).blocks();
        boolean asked = plans.stream()
                .anyMatch(
                        plan -> plan.config() instanceof KFac kfac && kfac.structure() == Structure.BLOCK_TRIDIAGONAL);
        if (asked && plans.stream().noneMatch(plan -> plan.kind() instanceof TridiagonalKind)) {
            LOG.warn(
                    "Structure.BLOCK_TRIDIAGONAL changes nothing here: no two dense layers with the same settings follow each "
                            + "other directly, so each layer has its own block.");
        }
    }
}
