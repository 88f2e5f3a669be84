package io.github.dl4jkfac.examples.models;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;

/** Networks of dense tanh layers. */
public final class TanhNetwork {

    /** For networks all of whose hidden layers are tanh. */
    static final int NO_LINEAR_LAYER = 0;

    private TanhNetwork() {}

    /**
     * @param layers sizes from input to output
     * @param linear position in {@code layers} of a hidden layer without activation, or {@link #NO_LINEAR_LAYER}
     * @param output loss and activation of the last layer
     * @param updater the optimizer
     * @param seed of the initial parameters
     * @return a new initialised network
     */
    public static MultiLayerNetwork create(
            List<Integer> layers, int linear, OutputLayer.Builder output, IUpdater updater, long seed) {
        NeuralNetConfiguration.ListBuilder builder = new NeuralNetConfiguration.Builder()
                .seed(seed)
                .updater(updater)
                .weightInit(WeightInit.XAVIER)
                .activation(Activation.TANH)
                .list();
        int last = layers.size() - 1;
        for (int i = 1; i < last; i++) {
            DenseLayer.Builder dense =
                    new DenseLayer.Builder().nIn(layers.get(i - 1)).nOut(layers.get(i));
            builder.layer(i == linear ? dense.activation(Activation.IDENTITY).build() : dense.build());
        }
        builder.layer(output.nIn(layers.get(last - 1)).nOut(layers.get(last)).build());
        MultiLayerNetwork network = new MultiLayerNetwork(builder.build());
        network.init();
        return network;
    }
}
