package io.github.dl4jkfac.examples.models;

import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * The residual network of 20 layers for CIFAR-10 (He et al. 2015, sec. 4.2): three stages of three blocks of two 3x3
 * convolutions with 16, 32 and 64 channels, batch normalisation after each, global average pooling. Where the size
 * changes, the shortcut is a 1x1 convolution with batch normalisation (option B of the paper).
 */
public final class ResNet20 extends ImageArchitecture {

    private static final int BATCH = 128;
    private static final int STAGES = 3;
    private static final int BLOCKS = 3;
    private static final int FIRST_CHANNELS = 16;

    /**
     * @param input size of the images
     * @param classes how many classes
     * @param l2 L2 coefficient of all weights
     */
    public ResNet20(InputType.InputTypeConvolutional input, int classes, double l2) {
        super(input, classes, l2);
    }

    @Override
    public String name() {
        return "resnet20" + suffix();
    }

    @Override
    public Model network(IUpdater updater, long seed) {
        GraphBuilder graph =
                builder(updater, seed).graphBuilder().addInputs("images").setInputTypes(input());
        String last = convolution(graph, "first", "images", 3, FIRST_CHANNELS, 1, Activation.RELU);
        for (int stage = 0; stage < STAGES; stage++) {
            for (int block = 0; block < BLOCKS; block++) {
                boolean halves = stage > 0 && block == 0;
                last = block(graph, "stage" + stage + "-block" + block, last, FIRST_CHANNELS << stage, halves);
            }
        }
        graph.addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), last)
                .addLayer("output", output(), "pool")
                .setOutputs("output");
        ComputationGraph network = new ComputationGraph(graph.build());
        network.init();
        return network;
    }

    private static String block(GraphBuilder graph, String name, String input, int channels, boolean halves) {
        int stride = halves ? 2 : 1;
        String first = convolution(graph, name + "-a", input, 3, channels, stride, Activation.RELU);
        String second = convolution(graph, name + "-b", first, 3, channels, 1, Activation.IDENTITY);
        String shortcut =
                halves ? convolution(graph, name + "-shortcut", input, 1, channels, 2, Activation.IDENTITY) : input;
        graph.addVertex(name + "-sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), second, shortcut);
        graph.addLayer(name, new ActivationLayer(Activation.RELU), name + "-sum");
        return name;
    }

    /** @return name of the batch normalisation after a new convolution */
    private static String convolution(
            GraphBuilder graph,
            String name,
            String input,
            int kernel,
            int channels,
            int stride,
            Activation activation) {
        graph.addLayer(name, convolution(kernel, channels, stride), input);
        graph.addLayer(name + "-norm", normalisation(activation), name);
        return name + "-norm";
    }

    @Override
    public int defaultBatch() {
        return BATCH;
    }
}
