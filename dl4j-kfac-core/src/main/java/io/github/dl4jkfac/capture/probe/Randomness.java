package io.github.dl4jkfac.capture.probe;

import io.github.dl4jkfac.capture.WrappedLayers;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationRReLU;

/** What DL4J draws at random in a forward pass in training mode. */
final class Randomness {

    private Randomness() {}

    /**
     * Takes dropout, noise on inputs and weights, and random slopes out of a layer's configuration: it computes then as in inference.
     *
     * @param layer a layer whose configuration belongs to nobody else
     */
    static void takeOutOf(Layer layer) {
        for (Layer part : WrappedLayers.of(layer)) {
            part.conf().getLayer().setIDropout(null);
            if (part instanceof BaseLayer<?> base) {
                base.layerConf().setWeightNoise(null);
                base.layerConf()
                        .setActivationFn(withoutRandomSlopes(base.layerConf().getActivationFn()));
            }
        }
    }

    private static IActivation withoutRandomSlopes(IActivation activation) {
        return activation instanceof ActivationRReLU random
                ? new ActivationLReLU((random.getL() + random.getU()) / 2)
                : activation;
    }
}
