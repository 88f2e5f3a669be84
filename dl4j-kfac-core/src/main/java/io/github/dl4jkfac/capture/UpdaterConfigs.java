package io.github.dl4jkfac.capture;

import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.AbstractSameDiffLayer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.nd4j.linalg.learning.config.IUpdater;

/** Reads and replaces the updater configurations that a layer's configuration holds, however deep it wraps another one. */
public final class UpdaterConfigs {

    private UpdaterConfigs() {}

    /**
     * Replaces every updater of a layer, in its configuration; null stays null.
     *
     * @param layer a live layer, wrapped or not; its configuration is modified
     * @param weights applied to the updater of the weights
     * @param biases applied to the biases' own updater, where there is one
     */
    public static void replace(
            org.deeplearning4j.nn.api.Layer layer, UnaryOperator<IUpdater> weights, UnaryOperator<IUpdater> biases) {
        replace(layer.conf().getLayer(), weights, biases);
    }

    private static void replace(Layer conf, UnaryOperator<IUpdater> weights, UnaryOperator<IUpdater> biases) {
        if (conf instanceof BaseLayer layer) {
            layer.setIUpdater(apply(weights, layer.getIUpdater()));
            layer.setBiasUpdater(apply(biases, layer.getBiasUpdater()));
        } else if (conf instanceof Bidirectional layer) {
            replace(layer.getFwd(), weights, biases);
            replace(layer.getBwd(), weights, biases);
        } else if (conf instanceof BaseWrapperLayer layer) {
            replace(layer.getUnderlying(), weights, biases);
        } else if (conf instanceof AbstractSameDiffLayer layer) {
            layer.setUpdater(apply(weights, layer.getUpdater()));
            layer.setBiasUpdater(apply(biases, layer.getBiasUpdater()));
        }
    }

    /**
     * The updaters of one layer.
     *
     * @param weights the updater of the weights
     * @param biases the same object as {@code weights} if biases have none of their own
     */
    public record Pair(IUpdater weights, IUpdater biases) {

        static Pair of(IUpdater weights, IUpdater biases) {
            return new Pair(weights, biases == null ? weights : biases);
        }
    }

    /**
     * Reads the updaters of a layer that is no wrapper.
     *
     * @param live a live layer; not modified
     * @return its configuration's own objects
     */
    public static Pair of(org.deeplearning4j.nn.api.Layer live) {
        Layer conf = live.conf().getLayer();
        if (conf instanceof AbstractSameDiffLayer layer) {
            return Pair.of(layer.getUpdater(), layer.getBiasUpdater());
        }
        BaseLayer layer = (BaseLayer) conf;
        return Pair.of(layer.getIUpdater(), layer.getBiasUpdater());
    }

    private static IUpdater apply(UnaryOperator<IUpdater> change, IUpdater updater) {
        return updater == null ? null : change.apply(updater);
    }
}
