package io.github.dl4jkfac.capture;

import java.lang.reflect.Field;
import java.util.Map;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The weights after DropConnect or other weight noise, as this step's forward pass used them. DL4J keeps them in a protected field
 * until its backward pass is through the layer, and draws new noise afterwards.
 */
final class DropConnectWeights {

    private static final Field NOISY_PARAMETERS = field();

    private DropConnectWeights() {}

    private static Field field() {
        try {
            Field field = BaseLayer.class.getDeclaredField("weightNoiseParams");
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(
                    "This version of Deeplearning4j keeps no weight noise; KFac needs 1.0.0-M2.1", e);
        }
    }

    /** The noisy array of a parameter, copied where it would not outlive the call; null if the layer has no weight noise. */
    static INDArray of(BaseLayer<?> layer, String parameter) {
        if (layer.layerConf().getWeightNoise() == null) {
            return null;
        }
        try {
            INDArray noisy = (INDArray) ((Map<?, ?>) NOISY_PARAMETERS.get(layer)).get(parameter);
            if (noisy == null || !noisy.isAttached()) {
                return noisy;
            }
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                return noisy.dup();
            }
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("Weight noise of Deeplearning4j's layers cannot be read", e);
        }
    }
}
