package io.github.dl4jkfac.curvature.rows;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.rows.PatchInputs.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.Convolution1D;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** DL4J's own gradients of convolutional layers, made again from patches and derivatives: patch^T g, summed over the rows. */
class LayerPatchesTest {

    private static final int OUTPUTS = 4;
    private static final int CHANNELS = 3;

    /** A layer's sizes along its spatial axes; {@code padding} is null in the modes that choose it themselves. */
    private record Geometry(
            ConvolutionMode mode, int[] inputs, int[] kernel, int[] stride, int[] dilation, int[] padding) {

        Geometry(ConvolutionMode mode, int[] inputs, int[] kernel, int[] stride, int[] dilation) {
            this(mode, inputs, kernel, stride, dilation, null);
        }

        int[] configuredPadding() {
            return padding == null ? new int[kernel.length] : padding;
        }

        /** The axes, given the layer's output [N, channels, positions...]. */
        List<PatchAxis> axes(INDArray output, boolean transposed) {
            List<PatchAxis> axes = new ArrayList<>();
            for (int i = 0; i < kernel.length; i++) {
                int positions = (int) output.size(2 + i);
                axes.add(new PatchAxis(
                        kernel[i], stride[i], dilation[i], before(i, positions, transposed), positions, transposed));
            }
            return axes;
        }

        private int before(int i, int positions, boolean transposed) {
            int reach = (kernel[i] - 1) * dilation[i];
            return switch (mode) {
                case Same ->
                    transposed
                            ? ((inputs[i] - 1) * stride[i] + reach + 1 - positions) / 2
                            : ((positions - 1) * stride[i] + reach + 1 - inputs[i]) / 2;
                case Causal -> reach;
                case Strict, Truncate -> padding[i];
            };
        }

        @Override
        public String toString() {
            return mode + ", inputs " + text(inputs) + ", kernel " + text(kernel) + ", stride " + text(stride)
                    + ", dilation " + text(dilation) + ", padding " + text(configuredPadding());
        }

        private static String text(int[] sizes) {
            return java.util.Arrays.toString(sizes);
        }
    }

    private static int[] of(int... sizes) {
        return sizes;
    }

    static Stream<Geometry> planes() {
        return Stream.of(
                new Geometry(ConvolutionMode.Truncate, of(6, 7), of(1, 1), of(1, 1), of(1, 1), of(0, 0)),
                new Geometry(ConvolutionMode.Truncate, of(6, 7), of(3, 3), of(1, 1), of(1, 1), of(1, 0)),
                new Geometry(ConvolutionMode.Truncate, of(6, 8), of(2, 5), of(2, 2), of(1, 1), of(1, 2)),
                new Geometry(ConvolutionMode.Truncate, of(7, 8), of(2, 3), of(1, 2), of(3, 2), of(0, 1)),
                new Geometry(ConvolutionMode.Strict, of(7, 7), of(3, 3), of(2, 2), of(1, 1), of(1, 1)),
                new Geometry(ConvolutionMode.Same, of(6, 7), of(3, 3), of(1, 1), of(1, 1)),
                new Geometry(ConvolutionMode.Same, of(6, 7), of(2, 4), of(1, 1), of(1, 1)),
                new Geometry(ConvolutionMode.Same, of(6, 7), of(3, 2), of(2, 3), of(1, 1)),
                new Geometry(ConvolutionMode.Same, of(6, 7), of(2, 3), of(1, 1), of(2, 2)));
    }

    static Stream<Arguments> planesOfBothFormats() {
        return planes().flatMap(g -> Stream.of(CNN2DFormat.values()).map(format -> Arguments.of(g, format)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("planesOfBothFormats")
    void convolutionOfPlanes(Geometry g, CNN2DFormat format) {
        Layer layer = layer(new ConvolutionLayer.Builder(g.kernel, g.stride, g.configuredPadding())
                .dilation(g.dilation)
                .convolutionMode(g.mode)
                .dataFormat(format)
                .nIn(CHANNELS)
                .nOut(OUTPUTS)
                .activation(Activation.IDENTITY)
                .build());
        Pass pass = Pass.of(layer, g, format == CNN2DFormat.NHWC, false, Order.CHANNEL_MAJOR);
        pass.assertBias();
        assertGradient(pass.weights().reshape('c', OUTPUTS, pass.columns()).transpose(), pass);
    }

    static Stream<Arguments> volumes() {
        return Stream.of(
                        new Geometry(
                                ConvolutionMode.Truncate,
                                of(4, 5, 6),
                                of(2, 3, 2),
                                of(1, 2, 2),
                                of(1, 1, 1),
                                of(0, 1, 1)),
                        new Geometry(
                                ConvolutionMode.Truncate,
                                of(5, 4, 5),
                                of(3, 2, 2),
                                of(1, 1, 1),
                                of(2, 1, 3),
                                of(1, 0, 1)),
                        new Geometry(ConvolutionMode.Same, of(4, 5, 3), of(2, 3, 2), of(1, 2, 1), of(1, 1, 1)))
                .flatMap(g -> Stream.of(Convolution3D.DataFormat.values()).map(format -> Arguments.of(g, format)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("volumes")
    void convolutionOfVolumes(Geometry g, Convolution3D.DataFormat format) {
        Layer layer = layer(new Convolution3D.Builder(g.kernel, g.stride, g.configuredPadding(), g.dilation)
                .convolutionMode(g.mode)
                .dataFormat(format)
                .nIn(CHANNELS)
                .nOut(OUTPUTS)
                .activation(Activation.IDENTITY)
                .build());
        Pass pass = Pass.of(layer, g, format == Convolution3D.DataFormat.NDHWC, false, Order.CHANNEL_MAJOR);
        pass.assertBias();
        assertGradient(pass.weights().reshape('c', OUTPUTS, pass.columns()).transpose(), pass);
    }

    static Stream<Geometry> sequences() {
        return Stream.of(
                new Geometry(ConvolutionMode.Truncate, of(7), of(3), of(2), of(1), of(1)),
                new Geometry(ConvolutionMode.Truncate, of(9), of(2), of(1), of(3), of(1)),
                new Geometry(ConvolutionMode.Same, of(7), of(4), of(1), of(1)),
                new Geometry(ConvolutionMode.Same, of(8), of(3), of(2), of(1)),
                new Geometry(ConvolutionMode.Causal, of(7), of(3), of(1), of(1)),
                new Geometry(ConvolutionMode.Causal, of(7), of(3), of(1), of(2)),
                new Geometry(ConvolutionMode.Causal, of(8), of(2), of(2), of(1)));
    }

    /** DL4J says that the weights are [out, in, k, 1], but their buffer is [k, in, out]. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("sequences")
    void convolutionOfSequences(Geometry g) {
        Layer layer = layer(new Convolution1D.Builder(g.kernel[0], g.stride[0], g.configuredPadding()[0])
                .dilation(g.dilation[0])
                .convolutionMode(g.mode)
                .nIn(CHANNELS)
                .nOut(OUTPUTS)
                .activation(Activation.IDENTITY)
                .build());
        Pass pass = Pass.of(layer, g, false, false, Order.KERNEL_MAJOR);
        pass.assertBias();
        INDArray w = pass.weights();
        INDArray buffer = w.reshape(w.ordering(), new long[] {w.length()});
        assertGradient(buffer.reshape('c', pass.columns(), OUTPUTS), pass);
    }

    static Stream<Arguments> transposedPlanes() {
        return Stream.of(
                        new Geometry(ConvolutionMode.Truncate, of(3, 4), of(3, 2), of(1, 1), of(1, 1), of(0, 0)),
                        new Geometry(ConvolutionMode.Truncate, of(3, 4), of(3, 2), of(2, 3), of(1, 1), of(1, 0)),
                        new Geometry(ConvolutionMode.Truncate, of(3, 4), of(2, 3), of(2, 1), of(2, 2), of(1, 1)),
                        new Geometry(ConvolutionMode.Same, of(3, 4), of(3, 3), of(2, 2), of(1, 1)),
                        new Geometry(ConvolutionMode.Same, of(3, 4), of(2, 4), of(2, 1), of(1, 1)))
                .flatMap(g -> Stream.of(CNN2DFormat.values()).map(format -> Arguments.of(g, format)));
    }

    /** The weights are [in, out, kH, kW]. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("transposedPlanes")
    void transposedConvolutionOfPlanes(Geometry g, CNN2DFormat format) {
        Deconvolution2D configuration = new Deconvolution2D.Builder(g.kernel, g.stride, g.configuredPadding())
                .dilation(g.dilation)
                .convolutionMode(g.mode)
                .dataFormat(format)
                .nIn(CHANNELS)
                .nOut(OUTPUTS)
                .activation(Activation.IDENTITY)
                .build();
        Pass pass = Pass.of(layer(configuration), g, format == CNN2DFormat.NHWC, true, Order.CHANNEL_MAJOR);
        pass.assertBias();
        assertGradient(pass.weights().permute(0, 2, 3, 1).dup('c').reshape('c', pass.columns(), OUTPUTS), pass);
    }

    private static Layer layer(org.deeplearning4j.nn.conf.layers.Layer configuration) {
        var network = sequence(settings(new Sgd(0.1)), configuration);
        network.initGradientsView();
        return network.getLayer(0);
    }

    private static void assertGradient(INDArray actual, Pass pass) {
        assertThat(error(actual, rows(pass.sum, 0, pass.columns()))).isLessThan(1e-12);
    }

    /**
     * One backward pass.
     *
     * @param gradient what DL4J has computed
     * @param sum sum over rows of [patch, 1]^T g, [columns + 1, OUTPUTS]
     */
    private record Pass(Gradient gradient, INDArray sum) {

        static Pass of(Layer layer, Geometry g, boolean channelsLast, boolean transposed, Order order) {
            long[] shape = new long[2 + g.inputs.length];
            shape[0] = 5;
            shape[1] = CHANNELS;
            for (int i = 0; i < g.inputs.length; i++) {
                shape[2 + i] = g.inputs[i];
            }
            INDArray input = normal(1, shape);
            INDArray given = channelsLast ? channelsToEnd(input).dup('c') : input;
            layer.setInput(given, LayerWorkspaceMgr.noWorkspaces());
            INDArray output = layer.activate(true, LayerWorkspaceMgr.noWorkspaces());
            INDArray delta = normal(2, output.shape());
            Gradient gradient = layer.backpropGradient(delta.dup(), LayerWorkspaceMgr.noWorkspaces())
                    .getFirst();

            INDArray last = channelsLast ? delta : channelsToEnd(delta);
            INDArray derivatives = last.dup('c').reshape('c', delta.length() / OUTPUTS, OUTPUTS);
            List<PatchAxis> axes = g.axes(channelsLast ? channelsToSecond(output) : output, transposed);
            PatchInputs patches =
                    new PatchInputs(channelsLast ? channelsToSecond(given) : given, axes, order, true, 2000);
            INDArray sum = Nd4j.zeros(DataType.DOUBLE, patches.columns() + 1, OUTPUTS);
            patches.forEachChunk((first, chunk) ->
                    sum.addi(chunk.transpose().mmul(rows(derivatives, first, first + chunk.size(0)))));
            return new Pass(gradient, sum);
        }

        long columns() {
            return sum.size(0) - 1;
        }

        INDArray weights() {
            return gradient.getGradientFor("W");
        }

        void assertBias() {
            INDArray bias = gradient.getGradientFor("b").reshape('c', 1, OUTPUTS);
            assertThat(error(bias, sum.getRow(columns(), true))).isLessThan(1e-12);
        }
    }

    private static INDArray channelsToEnd(INDArray array) {
        return switch (array.rank()) {
            case 3 -> array.permute(0, 2, 1);
            case 4 -> array.permute(0, 2, 3, 1);
            default -> array.permute(0, 2, 3, 4, 1);
        };
    }

    private static INDArray channelsToSecond(INDArray array) {
        return switch (array.rank()) {
            case 3 -> array.permute(0, 2, 1);
            case 4 -> array.permute(0, 3, 1, 2);
            default -> array.permute(0, 4, 1, 2, 3);
        };
    }
}
