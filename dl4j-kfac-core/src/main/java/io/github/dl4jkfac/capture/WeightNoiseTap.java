package io.github.dl4jkfac.capture;

import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.weightnoise.IWeightNoise;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.annotation.JsonSerialize;

/**
 * Stands in for a layer's weight noise, such as DropConnect, during one backward pass. DL4J forgets the noisy parameters after its
 * own backward pass and would draw new ones; this answers with the old. Serialises as the noise it stands for.
 */
@JsonSerialize(using = TapSerializer.class)
final class WeightNoiseTap implements IWeightNoise, Tap {

    private static final long serialVersionUID = 1L;

    private final IWeightNoise base;
    private final transient BaseLayer<?> layer;
    private final transient Thread thread = Thread.currentThread();
    private final transient Map<String, INDArray> noisy = new HashMap<>();

    /** @param layer has made its forward pass */
    WeightNoiseTap(IWeightNoise base, BaseLayer<?> layer) {
        this.base = base;
        this.layer = layer;
        layer.paramTable().keySet().forEach(parameter -> {
            INDArray drawn = DropConnectWeights.of(layer, parameter);
            if (drawn != null) {
                noisy.put(parameter, drawn);
            }
        });
    }

    @Override
    public IWeightNoise base() {
        return base;
    }

    /** Output layers draw in their backward pass only. */
    @Override
    public INDArray getParameter(
            Layer asking, String parameter, int iteration, int epoch, boolean train, LayerWorkspaceMgr workspaceMgr) {
        if (asking != layer || !train || Thread.currentThread() != thread) {
            return base.getParameter(asking, parameter, iteration, epoch, train, workspaceMgr);
        }
        return noisy.computeIfAbsent(
                parameter, key -> base.getParameter(asking, key, iteration, epoch, true, workspaceMgr));
    }

    @Override
    public IWeightNoise clone() {
        return base.clone();
    }

    private Object writeReplace() {
        return base;
    }

    @Override
    public boolean equals(Object o) {
        return base.equals(o instanceof WeightNoiseTap tap ? tap.base : o);
    }

    @Override
    public int hashCode() {
        return base.hashCode();
    }
}
