package io.github.dl4jkfac.lean;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.OutputLayer;
import org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer;

/** What live layers are, whoever stands in for them. */
public final class Kinds {

    private Kinds() {}

    /**
     * Looks up the class whose parameters and whose function a layer has.
     *
     * @param layer a live layer
     * @return its class; of a lean layer that of Deeplearning4j's
     */
    public static Class<? extends Layer> of(Layer layer) {
        if (layer instanceof LeanDense) {
            return DenseLayer.class;
        }
        return layer instanceof LeanOutput ? OutputLayer.class : layer.getClass();
    }
}
