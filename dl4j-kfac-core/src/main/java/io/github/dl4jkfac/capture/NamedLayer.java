package io.github.dl4jkfac.capture;

import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;

/**
 * A layer of a network.
 *
 * @param name its name in the network
 * @param layer the live layer
 * @param slots its parts that have curvature blocks; none if it has none
 * @param obstacle why it has none; null if it has some
 * @param isReached whether DL4J's backward pass gets to it
 */
public record NamedLayer(String name, Layer layer, List<LayerSlot> slots, String obstacle, boolean isReached) {

    /** {@return whether DL4J computes no gradient for it} */
    public boolean isFrozen() {
        return isFrozen(layer);
    }

    static boolean isFrozen(Layer layer) {
        return layer instanceof FrozenLayer || layer instanceof FrozenLayerWithBackprop;
    }
}
