package io.github.dl4jkfac.capture;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.impl.LossL2;

/** Small networks, each for one type of layer in one configuration. */
final class LayerCases {

    static final int SAMPLES = 3;
    static final int OUTPUTS = 2;

    private LayerCases() {}

    static Stream<LayerCase> all() {
        return Stream.of(ConvolutionCases.all(), SequenceCases.all(), RecurrentCases.all(), SmallLayerCases.all())
                .flatMap(cases -> cases);
    }

    static OutputLayer.Builder outputBuilder() {
        return new OutputLayer.Builder(new LossL2())
                .nOut(OUTPUTS)
                .activation(new ReplayingActivation(Activation.TANH.getActivationFunction()));
    }

    static Layer output(int inputs) {
        return outputBuilder().nIn(inputs).build();
    }
}
