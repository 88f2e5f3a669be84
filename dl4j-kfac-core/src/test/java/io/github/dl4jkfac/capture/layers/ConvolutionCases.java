package io.github.dl4jkfac.capture.layers;

import static io.github.dl4jkfac.capture.layers.LayerCases.OUTPUTS;
import static io.github.dl4jkfac.capture.layers.LayerCases.SAMPLES;
import static io.github.dl4jkfac.testing.TestNetworks.normal;

import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1D;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Convolutions along one, two and three axes. Every case has the layer twice, so that one has derivatives from the other. Graphs have
 * channels first only: the order of the axes is the layer's own business.
 */
final class ConvolutionCases {

    private static final int CHANNELS = 2;
    private static final int STEPS = SequenceCases.STEPS;

    private ConvolutionCases() {}

    static Stream<LayerCase> all() {
        return Stream.of(
                        Stream.of(CNN2DFormat.values()).flatMap(ConvolutionCases::planes),
                        Stream.of(CNN2DFormat.values()).flatMap(ConvolutionCases::channelwise),
                        Stream.of(Convolution3D.DataFormat.values()).flatMap(ConvolutionCases::volumes),
                        sequences())
                .flatMap(cases -> cases);
    }

    private static int[] of(int... sizes) {
        return sizes;
    }

    /** Images of 5 x 6 pixels. */
    private static Stream<LayerCase> image(String name, CNN2DFormat format, Layer... layers) {
        INDArray images =
                format == CNN2DFormat.NCHW ? normal(1, SAMPLES, CHANNELS, 5, 6) : normal(1, SAMPLES, 5, 6, CHANNELS);
        InputType type = InputType.convolutional(5, 6, CHANNELS, format);
        return withOutput(name + ", " + format, type, images, layers)
                .filter(c -> !c.graph() || format == CNN2DFormat.NCHW);
    }

    private static Stream<LayerCase> volume(String name, Convolution3D.DataFormat format, Layer... layers) {
        INDArray volumes = format == Convolution3D.DataFormat.NCDHW
                ? normal(1, SAMPLES, CHANNELS, 4, 5, 3)
                : normal(1, SAMPLES, 4, 5, 3, CHANNELS);
        InputType type = InputType.convolutional3D(format, 4, 5, 3, CHANNELS);
        return withOutput(name + ", " + format, type, volumes, layers)
                .filter(c -> !c.graph() || format == Convolution3D.DataFormat.NCDHW);
    }

    private static Stream<LayerCase> withOutput(String name, InputType type, INDArray features, Layer... layers) {
        Layer[] all = java.util.Arrays.copyOf(layers, layers.length + 1);
        all[layers.length] = LayerCases.outputBuilder().build();
        return LayerCase.of(name, type, LayerCase.batch(features, normal(2, SAMPLES, OUTPUTS), null, null), all);
    }

    private static <T> T[] twice(java.util.function.IntFunction<T[]> array, java.util.function.Supplier<T> layer) {
        T[] two = array.apply(2);
        two[0] = layer.get();
        two[1] = layer.get();
        return two;
    }

    private static Stream<LayerCase> planes(CNN2DFormat format) {
        Function<int[], ConvolutionLayer.Builder> plain = kernel ->
                new ConvolutionLayer.Builder(kernel).nOut(3).dataFormat(format).activation(Activation.TANH);
        Function<int[], Deconvolution2D.Builder> transposed = kernel ->
                new Deconvolution2D.Builder(kernel).nOut(3).dataFormat(format).activation(Activation.TANH);
        double dropout = format == CNN2DFormat.NCHW ? 0.8 : 0; // with channels last DL4J cannot train with dropout
        return Stream.of(
                        image(
                                "convolution",
                                format,
                                twice(Layer[]::new, () -> plain.apply(of(2, 3)).build())),
                        image(
                                "convolution, Same",
                                format,
                                plain.apply(of(2, 3))
                                        .convolutionMode(ConvolutionMode.Same)
                                        .stride(2, 1)
                                        .build(),
                                plain.apply(of(3, 2))
                                        .convolutionMode(ConvolutionMode.Same)
                                        .dilation(1, 2)
                                        .hasBias(false)
                                        .build()),
                        image(
                                "convolution with padding and dropout",
                                format,
                                plain.apply(of(3, 2))
                                        .padding(1, 2)
                                        .dropOut(dropout)
                                        .build(),
                                plain.apply(of(1, 1)).dropOut(dropout).build()),
                        image(
                                "convolution with DropConnect",
                                format,
                                twice(
                                        Layer[]::new,
                                        () -> plain.apply(of(2, 3))
                                                .weightNoise(new DropConnect(0.7))
                                                .build())),
                        image(
                                "deconvolution",
                                format,
                                transposed
                                        .apply(of(3, 2))
                                        .stride(2, 1)
                                        .padding(1, 0)
                                        .build(),
                                transposed
                                        .apply(of(2, 2))
                                        .dilation(2, 1)
                                        .hasBias(false)
                                        .build()),
                        image(
                                "deconvolution, Same",
                                format,
                                twice(
                                        Layer[]::new,
                                        () -> transposed
                                                .apply(of(3, 3))
                                                .stride(2, 2)
                                                .convolutionMode(ConvolutionMode.Same)
                                                .weightNoise(new DropConnect(0.7))
                                                .build())))
                .flatMap(cases -> cases);
    }

    private static Stream<LayerCase> channelwise(CNN2DFormat format) {
        Function<int[], DepthwiseConvolution2D.Builder> depthwise =
                kernel -> (DepthwiseConvolution2D.Builder) new DepthwiseConvolution2D.Builder(kernel)
                        .depthMultiplier(2)
                        .dataFormat(format)
                        .activation(Activation.TANH);
        Function<int[], SeparableConvolution2D.Builder> separable =
                kernel -> (SeparableConvolution2D.Builder) new SeparableConvolution2D.Builder(kernel)
                        .depthMultiplier(2)
                        .dataFormat(format)
                        .nOut(3)
                        .activation(Activation.TANH);
        return Stream.of(
                        image(
                                "depthwise convolution",
                                format,
                                depthwise
                                        .apply(of(2, 3))
                                        .stride(2, 1)
                                        .padding(1, 1)
                                        .build(),
                                depthwise.apply(of(2, 2)).dropOut(0.8).build()),
                        image(
                                "depthwise convolution, Same",
                                format,
                                twice(
                                        Layer[]::new,
                                        () -> depthwise
                                                .apply(of(3, 2))
                                                .convolutionMode(ConvolutionMode.Same)
                                                .hasBias(false)
                                                .weightNoise(new DropConnect(0.7))
                                                .build())),
                        image(
                                "separable convolution",
                                format,
                                separable
                                        .apply(of(2, 3))
                                        .stride(2, 1)
                                        .padding(1, 1)
                                        .build(),
                                separable.apply(of(2, 2)).dropOut(0.8).build()),
                        image(
                                "separable convolution, Same",
                                format,
                                twice(
                                        Layer[]::new,
                                        () -> separable
                                                .apply(of(3, 2))
                                                .convolutionMode(ConvolutionMode.Same)
                                                .hasBias(false)
                                                .build())))
                .flatMap(cases -> cases);
    }

    /** DL4J infers some sizes and formats of what comes next wrongly; these are right. */
    private static Stream<LayerCase> volumes(Convolution3D.DataFormat format) {
        Function<int[], Convolution3D.Builder> plain = kernel ->
                new Convolution3D.Builder(kernel).nOut(3).dataFormat(format).activation(Activation.TANH);
        Function<int[], Deconvolution3D.Builder> transposed = kernel -> new Deconvolution3D.Builder()
                .kernelSize(kernel)
                .nOut(3)
                .dataFormat(format)
                .activation(Activation.TANH);
        return Stream.of(
                        volume(
                                "convolution of volumes",
                                format,
                                plain.apply(of(2, 3, 2))
                                        .convolutionMode(ConvolutionMode.Truncate)
                                        .stride(2, 1, 1)
                                        .padding(1, 1, 0)
                                        .build(),
                                plain.apply(of(2, 1, 2))
                                        .convolutionMode(ConvolutionMode.Same)
                                        .hasBias(false)
                                        .build()),
                        volume(
                                "convolution of volumes, Same",
                                format,
                                twice(
                                        Layer[]::new,
                                        () -> plain.apply(of(2, 3, 2))
                                                .convolutionMode(ConvolutionMode.Same)
                                                .weightNoise(new DropConnect(0.7))
                                                .build())),
                        volume(
                                "deconvolution of volumes",
                                format,
                                transposed.apply(of(2, 2, 2)).stride(2, 2, 2).build(),
                                transposed.apply(of(2, 2, 2)).hasBias(false).build()))
                .flatMap(cases -> cases);
    }

    private static Stream<LayerCase> sequences() {
        Function<Integer, Convolution1D.Builder> plain =
                kernel -> new Convolution1D.Builder(kernel).nOut(3).activation(Activation.TANH);
        return Stream.of(
                        sequence(
                                "",
                                null,
                                plain.apply(3)
                                        .convolutionMode(ConvolutionMode.Same)
                                        .build(),
                                plain.apply(2)
                                        .convolutionMode(ConvolutionMode.Causal)
                                        .dilation(2)
                                        .hasBias(false)
                                        .build()),
                        sequence(
                                "masked, ",
                                SequenceCases.lengths(),
                                plain.apply(3)
                                        .convolutionMode(ConvolutionMode.Same)
                                        .build(),
                                plain.apply(2)
                                        .convolutionMode(ConvolutionMode.Same)
                                        .dropOut(0.8)
                                        .build()),
                        LayerCase.of(
                                "convolution of sequences, Truncate",
                                InputType.recurrent(3, 6, RNNFormat.NCW),
                                LayerCase.batch(normal(1, SAMPLES, 3, 6), normal(2, SAMPLES, OUTPUTS, 2), null, null),
                                plain.apply(3).stride(2).padding(1).build(),
                                plain.apply(2).build(),
                                SequenceCases.stepOutput(RNNFormat.NCW).build()))
                .flatMap(cases -> cases);
    }

    private static Stream<LayerCase> sequence(String name, INDArray mask, Layer first, Layer second) {
        return LayerCase.of(
                "convolution of sequences, " + name,
                InputType.recurrent(3, STEPS, RNNFormat.NCW),
                LayerCase.batch(
                        SequenceCases.sequences(RNNFormat.NCW, 1, 3),
                        SequenceCases.sequences(RNNFormat.NCW, 2, OUTPUTS),
                        mask,
                        mask),
                first,
                second,
                SequenceCases.stepOutput(RNNFormat.NCW).build());
    }
}
