package io.github.dl4jkfac.capture;

import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.recurrent.BidirectionalLayer;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;

/** The layers that do the work inside of one that wraps others. */
public final class WrappedLayers {

    private WrappedLayers() {}

    /**
     * Unwraps a layer.
     *
     * @param layer wrapped or not
     * @return the layer itself if it wraps none; both directions of a bidirectional one
     */
    public static List<Layer> of(Layer layer) {
        if (layer instanceof BaseWrapperLayer wrapper) {
            return of(wrapper.getUnderlying());
        }
        Directions directions = layer instanceof BidirectionalLayer both ? Directions.of(both) : null;
        return directions == null ? List.of(layer) : List.of(directions.forward(), directions.backward());
    }
}
