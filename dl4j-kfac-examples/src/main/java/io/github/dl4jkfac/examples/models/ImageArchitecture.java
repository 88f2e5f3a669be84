package io.github.dl4jkfac.examples.models;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/** What the convolutional networks of the examples have in common: their layers, initialisation and defaults. */
abstract class ImageArchitecture implements Architecture {

    private static final double NESTEROVS_RATE = 0.05;

    private final InputType.InputTypeConvolutional input;
    private final int classes;
    private final double l2;

    /**
     * @param input size of the images
     * @param classes how many classes
     * @param l2 L2 coefficient of all weights
     */
    ImageArchitecture(InputType.InputTypeConvolutional input, int classes, double l2) {
        this.input = input;
        this.classes = classes;
        this.l2 = l2;
    }

    final InputType.InputTypeConvolutional input() {
        return input;
    }

    final String suffix() {
        return l2 == 0 ? "" : " (l2 " + l2 + ")";
    }

    final NeuralNetConfiguration.Builder builder(IUpdater updater, long seed) {
        return new NeuralNetConfiguration.Builder()
                .seed(seed)
                .updater(updater)
                .weightInit(WeightInit.RELU)
                .l2(l2)
                .activation(Activation.IDENTITY);
    }

    /** @return a square convolution without bias that keeps the size of the image, divided by the stride */
    static ConvolutionLayer convolution(int kernel, int channels, int stride) {
        return new ConvolutionLayer.Builder(kernel, kernel)
                .nOut(channels)
                .stride(stride, stride)
                .convolutionMode(ConvolutionMode.Same)
                .hasBias(false)
                .build();
    }

    static BatchNormalization normalisation(Activation activation) {
        return new BatchNormalization.Builder().activation(activation).build();
    }

    final OutputLayer output() {
        return new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .weightInit(WeightInit.XAVIER)
                .nOut(classes)
                .build();
    }

    @Override
    public OptimizerSettings defaults(Optimizer optimizer) {
        return optimizer == Optimizer.NESTEROVS
                ? OptimizerSettings.DEFAULTS.with(Setting.LEARNING_RATE, NESTEROVS_RATE)
                : OptimizerSettings.DEFAULTS;
    }
}
