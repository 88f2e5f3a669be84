package io.github.dl4jkfac.capture;

import java.util.function.Consumer;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Stands in for a live layer during one backward pass and tells the derivatives at its output. */
final class EpsilonTap extends BaseWrapperLayer {

    private final Consumer<INDArray> recording;

    EpsilonTap(Layer underlying, Consumer<INDArray> recording) {
        super(underlying);
        this.recording = recording;
    }

    /** The layer that the network has when no taps stand in it. */
    static Layer unwrap(Layer layer) {
        return layer instanceof EpsilonTap tap ? tap.underlying : layer;
    }

    @Override
    public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
        recording.accept(epsilon);
        return underlying.backpropGradient(epsilon, workspaces);
    }
}
