package io.github.dl4jkfac.capture.layers;

import org.deeplearning4j.nn.api.Layer;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The type in which everything about a layer is recorded: that of its parameters. DL4J casts what users feed it, each layer in its own
 * place and some not before they multiply, so inputs, derivatives and masks may be of any type.
 */
public final class ParameterType {

    private ParameterType() {}

    /**
     * Finds the type.
     *
     * @param layer any live layer
     * @return the type of the layer's parameters; of a layer without, the type that its network's are configured to have
     */
    public static DataType of(Layer layer) {
        return layer.numParams() > 0
                ? layer.paramTable().values().iterator().next().dataType()
                : layer.conf().getDataType();
    }
}
