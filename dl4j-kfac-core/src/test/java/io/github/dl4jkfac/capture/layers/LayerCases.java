package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.capture.ReplayingActivation;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.impl.LossL2;

/** Small networks, each for one type of layer in one configuration. */
public final class LayerCases {

    public static final int SAMPLES = 3;
    public static final int OUTPUTS = 2;

    private LayerCases() {}

    public static Stream<LayerCase> all() {
        return Stream.of(ConvolutionCases.all(), SequenceCases.all(), RecurrentCases.all(), SmallLayerCases.all())
                .flatMap(cases -> cases);
    }

    public static OutputLayer.Builder outputBuilder() {
        return new OutputLayer.Builder(new LossL2())
                .nOut(OUTPUTS)
                .activation(new ReplayingActivation(Activation.TANH.getActivationFunction()));
    }

    public static Layer output(int inputs) {
        return outputBuilder().nIn(inputs).build();
    }
}
