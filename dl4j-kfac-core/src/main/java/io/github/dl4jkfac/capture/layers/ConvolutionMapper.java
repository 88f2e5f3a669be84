package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.PatchInputs;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.layers.convolution.ConvolutionLayer;
import org.deeplearning4j.nn.params.ConvolutionParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Convolution2D: every position of every image is a row, its input the patch that the position sees (Grosse and Martens 2016). */
public final class ConvolutionMapper implements RowMapper {

    @Override
    public Site site() {
        return Site.PRE_ACTIVATION;
    }

    @Override
    public List<ParameterGroup> groups(Layer layer) {
        INDArray w = layer.getParam(ConvolutionParamInitializer.WEIGHT_KEY); // [out, in, kH, kW], 'c'
        boolean bias = ((ConvolutionLayer) layer).hasBias();
        int window = (int) (w.size(2) * w.size(3));
        int inputs = (int) w.size(1) * window;
        int outputs = (int) w.size(0);
        return List.of(new ParameterGroup(
                new BlockShape(ParameterKind.CONVOLUTION, inputs, outputs, bias, window, 1),
                List.of(Segment.columnMajor(ConvolutionParamInitializer.WEIGHT_KEY, inputs, outputs)),
                bias ? Segment.columnMajor(ConvolutionParamInitializer.BIAS_KEY, 1, outputs) : null));
    }

    /** DL4J hands the activation function [N,C,H,W], whatever the layer's format. */
    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        return derivatives.permute(1, 0, 2, 3);
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        org.deeplearning4j.nn.conf.layers.ConvolutionLayer conf = (org.deeplearning4j.nn.conf.layers.ConvolutionLayer)
                layer.conf().getLayer();
        INDArray images = conf.getCnn2dDataFormat() == CNN2DFormat.NCHW ? inputs : inputs.permute(0, 3, 1, 2);
        images = Samples.first(images, samples.count()).castTo(derivatives.dataType());
        PatchInputs patches = ConvolutionGeometry.of(conf).patches(images, conf.hasBias());
        return List.of(samples.outer(patches, derivatives, null));
    }
}
