package io.github.dl4jkfac.plan;

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

    private static final Logger LOG = LoggerFactory.getLogger(NetworkPlan.LISTENER_LOGGER);

    private final Updaters updaters;
    private final Function<LayerSlot, UpdaterConfigs.Pair> pairs;
    private final Map<LayerSlot, ChainPlace> places = new IdentityHashMap<>();

    /** @param pairs the updaters of the weights and biases of a layer */
    LayerChains(Updaters updaters, NetworkView network, Function<LayerSlot, UpdaterConfigs.Pair> pairs) {
        this.updaters = updaters;
        this.pairs = pairs;
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
        UpdaterConfigs.Pair pair = pairs.apply(slot);
        ParameterGroup group = slot.groups().get(0);
        return updaters.isOurs(pair.weights())
                && updaters.methodOf(pair.weights()).wantsChain(group)
                && (group.bias() == null || updaters.haveSameSettings(pair.weights(), pair.biases()));
    }

    /** @param first asks for a chain */
    private boolean haveSameSettings(LayerSlot first, LayerSlot second) {
        return asks(second)
                && updaters.haveSameSettings(
                        pairs.apply(first).weights(), pairs.apply(second).weights());
    }

    private void add(List<LayerSlot> chain) {
        for (int i = 0; i < chain.size() && chain.size() > 1; i++) {
            BlockShape next =
                    i + 1 < chain.size() ? chain.get(i + 1).groups().get(0).shape() : null;
            places.put(chain.get(i), new ChainPlace("chain from " + chain.get(0).name(), next));
        }
    }

    /** The place of a layer, or null if it has none. */
    ChainPlace of(LayerSlot slot) {
        return places.get(slot);
    }

    /**
     * Says so if updaters ask for chains and there are none.
     *
     * @param plans of all blocks of a network
     */
    static void warnIfMissing(List<BlockPlan> plans) {
        boolean asked = plans.stream().anyMatch(plan -> plan.method().asksForChains());
        if (asked && plans.stream().noneMatch(plan -> plan.kind() instanceof TridiagonalKind)) {
            LOG.warn(
                    "Structure.BLOCK_TRIDIAGONAL changes nothing here: no two dense layers with the same settings follow each "
                            + "other directly, so each layer has its own block.");
        }
    }
}
