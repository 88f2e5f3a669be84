package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.PatchAxis;
import io.github.dl4jkfac.curvature.rows.PatchInputs;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.params.SeparableConvolutionParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * SeparableConvolution2D, a depthwise convolution and a pointwise one of its outputs u: z = u P + b at every position. DL4J tells the
 * derivative with respect to z alone, g; that with respect to u is g P^T. The outputs u themselves are computed anew.
 */
final class SeparableMapper implements RowMapper {

    private static final String DEPTHWISE = SeparableConvolutionParamInitializer.DEPTH_WISE_WEIGHT_KEY;
    private static final String POINTWISE = SeparableConvolutionParamInitializer.POINT_WISE_WEIGHT_KEY;
    private static final String BIAS = SeparableConvolutionParamInitializer.BIAS_KEY;

    @Override
    public Site site() {
        return Site.PRE_ACTIVATION;
    }

    /** Of weights with noise DL4J keeps no trace until the rows are made: none. */
    @Override
    public List<ParameterGroup> groups(Layer layer) {
        SeparableConvolution2D conf = conf(layer);
        if (conf.getWeightNoise() != null) {
            return List.of();
        }
        INDArray w = layer.getParam(DEPTHWISE); // [multiplier, in, kH, kW], 'c'
        int window = (int) (w.size(2) * w.size(3));
        int channels = (int) w.size(1);
        int between = (int) (channels * w.size(0));
        int outputs = (int) conf.getNOut();
        Segment depthwise =
                new Segment(DEPTHWISE, 0, window, 'c', new long[] {w.size(0), channels, window}, new int[] {2, 1, 0});
        return List.of(
                new ParameterGroup(
                        new BlockShape(ParameterKind.DEPTHWISE, window, between, false, window, channels),
                        List.of(depthwise),
                        null),
                new ParameterGroup(
                        BlockShape.of(ParameterKind.CONVOLUTION, between, outputs, conf.hasBias()),
                        List.of(Segment.columnMajor(POINTWISE, between, outputs)),
                        conf.hasBias() ? Segment.columnMajor(BIAS, 1, outputs) : null));
    }

    private static SeparableConvolution2D conf(Layer layer) {
        return (SeparableConvolution2D) layer.conf().getLayer();
    }

    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        return DepthwiseMapper.channelsSecond(layer, derivatives).swapAxes(0, 1);
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        INDArray images = Samples.first(DepthwiseMapper.channelsSecond(layer, inputs), samples.count())
                .castTo(derivatives.dataType());
        ConvolutionGeometry geometry = ConvolutionGeometry.of(conf(layer));
        PatchInputs patches = geometry.patches(images, false);
        INDArray between = depthwiseOutputs(layer, geometry, images);
        return List.of(
                samples.outer(patches, throughPointwise(layer, derivatives), null),
                samples.outer(InputSource.of(between), derivatives, null));
    }

    /** g P^T, [N T, in multiplier], column-major. */
    private static INDArray throughPointwise(Layer layer, INDArray derivatives) {
        INDArray p = layer.getParam(POINTWISE); // [out, in multiplier, 1, 1], 'c'
        INDArray transposed = p.reshape('c', p.size(0), p.size(1));
        long[] shape = {derivatives.size(0), p.size(1)};
        INDArray result = Nd4j.createUninitialized(derivatives.dataType(), shape, 'f');
        return derivatives.mmul(transposed, result);
    }

    /** u, [N T, in multiplier], column-major, column channel * multiplier + m. */
    private static INDArray depthwiseOutputs(Layer layer, ConvolutionGeometry geometry, INDArray images) {
        List<PatchAxis> axes = geometry.axes(images);
        INDArray w = layer.getParam(DEPTHWISE);
        long columns = w.size(0) * w.size(1);
        INDArray outputs = Nd4j.createUninitialized(
                images.dataType(),
                images.size(0),
                columns,
                axes.get(0).positions(),
                axes.get(1).positions());
        int[] stride = geometry.stride();
        int[] padding = geometry.padding();
        int[] dilation = geometry.dilation();
        Nd4j.exec(DynamicCustomOp.builder("depthwise_conv2d")
                .addInputs(images, w.permute(2, 3, 1, 0))
                .addIntegerArguments(
                        (int) w.size(2),
                        (int) w.size(3),
                        stride[0],
                        stride[1],
                        padding[0],
                        padding[1],
                        dilation[0],
                        dilation[1],
                        geometry.mode() == ConvolutionMode.Same ? 1 : 0,
                        0) // channels second
                .addOutputs(outputs)
                .build());
        return outputs.swapAxes(0, 1)
                .dup('c')
                .reshape('c', columns, outputs.length() / columns)
                .transpose();
    }
}
