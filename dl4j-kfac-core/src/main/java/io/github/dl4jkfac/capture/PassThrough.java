package io.github.dl4jkfac.capture;

import java.util.function.Supplier;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Second pass through a layer without a slot, by DL4J's own backward pass, leaving its parameter gradient as it was. */
final class PassThrough {

    private PassThrough() {}

    static INDArray backward(Layer layer, INDArray epsilon, LayerWorkspaceMgr workspaces) {
        return keepingGradient(layer, () -> {
            if (layer instanceof BatchNormalization) {
                layer.activate(true, workspaces); // its first backward pass has consumed the normalised input
            }
            return layer.backpropGradient(epsilon, workspaces).getSecond();
        });
    }

    private static INDArray keepingGradient(Layer layer, Supplier<INDArray> pass) {
        INDArray gradient = layer.numParams() > 0 ? layer.getGradientsViewArray() : null;
        if (gradient == null) {
            return pass.get();
        }
        INDArray kept = gradient.dup();
        try {
            return pass.get();
        } finally {
            gradient.assign(kept);
        }
    }
}
