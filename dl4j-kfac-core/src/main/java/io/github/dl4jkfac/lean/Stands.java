package io.github.dl4jkfac.lean;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.AbstractLayer;
import org.deeplearning4j.nn.layers.BaseLayer;

/** Puts one layer in the place of another. */
final class Stands {

    private Stands() {}

    /** Gives a new layer all that a live one has. Parameters and gradients are the same arrays afterwards. */
    static void in(BaseLayer<?> layer, BaseLayer<?> original) {
        layer.setParamTable(original.paramTable());
        layer.setParamsViewArray(original.params());
        if (original.getGradientsViewArray() != null) {
            layer.setBackpropGradientsViewArray(original.getGradientsViewArray());
        }
        follow(layer, original);
        layer.setListeners(original.getListeners());
        layer.allowInputModification(((AbstractLayer<?>) original).isInputModificationAllowed());
    }

    /** Takes over what changes while a network lives. */
    static void follow(Layer layer, Layer original) {
        layer.setIndex(original.getIndex());
        layer.setIterationCount(original.getIterationCount());
        layer.setEpochCount(original.getEpochCount());
    }
}
