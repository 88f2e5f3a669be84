package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.PatchInputs;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.params.DepthwiseConvolutionParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** DepthwiseConvolution2D: each channel has a convolution of its own, from its own patch to its share of the outputs. */
final class DepthwiseMapper implements RowMapper {

    @Override
    public Site site() {
        return Site.PRE_ACTIVATION;
    }

    @Override
    public List<ParameterGroup> groups(Layer layer) {
        // [kH, kW, in, multiplier], 'c'
        INDArray w = layer.getParam(DepthwiseConvolutionParamInitializer.WEIGHT_KEY);
        boolean bias = conf(layer).hasBias();
        int window = (int) (w.size(0) * w.size(1));
        int channels = (int) w.size(2);
        int outputs = (int) (channels * w.size(3));
        return List.of(new ParameterGroup(
                new BlockShape(ParameterKind.DEPTHWISE, window, outputs, bias, window, channels),
                List.of(Segment.rowMajor(DepthwiseConvolutionParamInitializer.WEIGHT_KEY, window, outputs)),
                bias ? Segment.columnMajor(DepthwiseConvolutionParamInitializer.BIAS_KEY, 1, outputs) : null));
    }

    private static ConvolutionLayer conf(Layer layer) {
        return (ConvolutionLayer) layer.conf().getLayer();
    }

    /** [N, C, H, W], a view. */
    static INDArray channelsSecond(Layer layer, INDArray array) {
        return conf(layer).getCnn2dDataFormat() == CNN2DFormat.NHWC ? RowOrder.channelsSecond(array) : array;
    }

    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        return channelsSecond(layer, derivatives).swapAxes(0, 1);
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        INDArray images = Samples.first(channelsSecond(layer, inputs), samples.count());
        PatchInputs patches = ConvolutionGeometry.of(conf(layer)).patches(images.castTo(derivatives.dataType()), false);
        return List.of(samples.outer(patches, derivatives, null));
    }
}
