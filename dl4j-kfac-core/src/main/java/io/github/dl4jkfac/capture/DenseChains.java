package io.github.dl4jkfac.capture;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.ActivationLayer;
import org.deeplearning4j.nn.layers.DropoutLayer;

/**
 * Finds dense layers that follow each other: what the one puts out is, but for activation and dropout layers, all that the next one
 * takes in, and nobody else takes it. So row n of both is the same sample.
 */
final class DenseChains {

    private final NetworkView network;

    private DenseChains(NetworkView network) {
        this.network = network;
    }

    /** @return at least two layers each, from the lowest to the highest */
    static List<List<LayerSlot>> of(NetworkView network) {
        DenseChains search = new DenseChains(network);
        List<List<LayerSlot>> chains = new ArrayList<>();
        Map<LayerSlot, List<LayerSlot>> chainOf = new IdentityHashMap<>();
        for (LayerSlot slot : network.slots()) { // sources come before what they feed
            if (network.partialSlotOf(slot.layer()) == slot) {
                List<LayerSlot> chain = chainOf.get(search.before(slot));
                if (chain == null) {
                    chain = new ArrayList<>();
                    chains.add(chain);
                }
                chain.add(slot);
                chainOf.put(slot, chain);
            }
        }
        chains.removeIf(chain -> chain.size() < 2);
        return chains;
    }

    /** The dense layer right before another one, or null. */
    private LayerSlot before(LayerSlot slot) {
        Layer source = network.soleSource(slot.layer());
        while (source != null && keepsRows(source)) {
            source = network.soleSource(source);
        }
        return source == null ? null : network.partialSlotOf(source);
    }

    private static boolean keepsRows(Layer layer) {
        return layer.getClass() == ActivationLayer.class || layer.getClass() == DropoutLayer.class;
    }
}
