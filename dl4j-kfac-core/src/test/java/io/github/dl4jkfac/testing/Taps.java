package io.github.dl4jkfac.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** What the library puts in the place of activations, dropout and losses during a pass. */
public final class Taps {

    private Taps() {}

    public static void requireNone(Model model) {
        Layer[] layers =
                model instanceof MultiLayerNetwork net ? net.getLayers() : ((ComputationGraph) model).getLayers();
        for (Layer layer : layers) {
            if (layer.conf().getLayer() instanceof BaseLayer conf) {
                assertThat(conf.getActivationFn().getClass().getName()).doesNotContain("dl4jkfac.capture");
                if (conf.getIDropout() != null) {
                    assertThat(conf.getIDropout().getClass().getName()).doesNotContain("dl4jkfac.capture");
                }
            }
            if (layer.conf().getLayer() instanceof OutputLayer output) {
                assertThat(output.getLossFn().getClass().getName()).doesNotContain("dl4jkfac.capture");
            }
        }
    }
}
