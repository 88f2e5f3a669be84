package io.github.dl4jkfac.capture;

import java.util.function.Supplier;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Second pass through a layer by DL4J's own backward pass, leaving its parameter gradient as it was. */
final class PassThrough {

    private PassThrough() {}

    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    static INDArray backward(Layer layer, INDArray epsilon, PassMemory memory) {
        try (PassMemory.Scope working = memory.open()) {
            return keepingGradient(layer, () -> {
                Layer inside = OutputHead.unfrozen(layer);
                if (inside instanceof IOutputLayer) {
                    LayerInputs.set(inside, inside.input()); // or it takes them for dropped already
                }
                if (layer instanceof BatchNormalization) {
                    layer.activate(true, memory.manager()); // its first backward pass has consumed the normalised input
                }
                INDArray passed =
                        layer.backpropGradient(epsilon, memory.manager()).getSecond();
                return passed == null ? null : memory.manager().leverageTo(ArrayType.ACTIVATION_GRAD, passed);
            });
        }
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
