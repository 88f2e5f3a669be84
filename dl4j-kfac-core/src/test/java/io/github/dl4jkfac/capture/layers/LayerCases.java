package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.ReplayingActivation;
import java.util.Arrays;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
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

    /** The types of a network's layers, and the names, shapes and orders of their parameters. */
    public static String tensors(Model model) {
        StringBuilder text = new StringBuilder();
        NetworkView.of(model).layers().forEach(named -> {
            text.append(named.layer().getClass().getName());
            named.layer()
                    .paramTable()
                    .forEach((name, array) -> text.append(name)
                            .append(Arrays.toString(array.shape()))
                            .append(array.ordering()));
        });
        return text.toString();
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
