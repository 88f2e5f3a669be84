package io.github.dl4jkfac.examples.models;

import java.util.List;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * A network in the manner of Simonyan and Zisserman (2014), small enough for a single processor core: stages of one 3x3
 * convolution with batch normalisation, ReLU and 2x2 max pooling each, then a dense layer and the outputs.
 */
public final class SmallVgg extends ImageArchitecture {

    private static final int BATCH = 64;

    private final List<Integer> channels;
    private final int hidden;

    /**
     * @param input size of the images
     * @param classes how many classes
     * @param l2 L2 coefficient of all weights
     * @param channels of each stage
     * @param hidden units of the dense layer
     */
    public SmallVgg(
            InputType.InputTypeConvolutional input, int classes, double l2, List<Integer> channels, int hidden) {
        super(input, classes, l2);
        this.channels = List.copyOf(channels);
        this.hidden = hidden;
    }

    @Override
    public String name() {
        return "vgg " + channels.stream().map(String::valueOf).collect(Collectors.joining("-")) + "-" + hidden
                + suffix();
    }

    @Override
    public Model network(IUpdater updater, long seed) {
        NeuralNetConfiguration.ListBuilder layers = builder(updater, seed).list();
        for (int stage : channels) {
            layers.layer(convolution(3, stage, 1));
            layers.layer(normalisation(Activation.RELU));
            layers.layer(
                    new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX, new int[] {2, 2}, new int[] {2, 2})
                            .build());
        }
        layers.layer(new DenseLayer.Builder()
                .nOut(hidden)
                .activation(Activation.RELU)
                .build());
        layers.layer(output());
        MultiLayerNetwork network =
                new MultiLayerNetwork(layers.setInputType(input()).build());
        network.init();
        return network;
    }

    @Override
    public int defaultBatch() {
        return BATCH;
    }
}
