package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.PatchInputs;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.params.ConvolutionParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Convolution1D: every position of every sequence is a row. A feature mask tells which positions are in; DL4J applies it to the
 * layer's output only and lets derivatives through where it excludes a position, so these are left as they are.
 */
final class Convolution1DMapper implements RowMapper {

    @Override
    public Site site() {
        return Site.PRE_ACTIVATION;
    }

    /** DL4J says that the weights are [out, in, k], but uses their memory as [k, in, out]. It cannot train channels-last layers. */
    @Override
    public List<ParameterGroup> groups(Layer layer) {
        Convolution1DLayer conf = conf(layer);
        if (conf.getRnnDataFormat() == RNNFormat.NWC) {
            return List.of();
        }
        int kernel = conf.getKernelSize()[0];
        int inputs = (int) conf.getNIn() * kernel;
        int outputs = (int) conf.getNOut();
        Segment weights = new Segment(
                ConvolutionParamInitializer.WEIGHT_KEY,
                0,
                inputs,
                'c',
                new long[] {kernel, conf.getNIn(), outputs},
                new int[] {1, 0, 2});
        return List.of(new ParameterGroup(
                new BlockShape(ParameterKind.CONVOLUTION, inputs, outputs, conf.hasBias(), kernel, 1),
                List.of(weights),
                conf.hasBias() ? Segment.columnMajor(ConvolutionParamInitializer.BIAS_KEY, 1, outputs) : null));
    }

    private static Convolution1DLayer conf(Layer layer) {
        return (Convolution1DLayer) layer.conf().getLayer();
    }

    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        return derivatives.permute(1, 0, 2);
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        Convolution1DLayer conf = conf(layer);
        INDArray sequences = Samples.first(inputs, samples.count()).castTo(derivatives.dataType());
        PatchInputs patches = ConvolutionGeometry.of(conf).patches(sequences, conf.hasBias());
        return List.of(samples.outer(patches, derivatives, mask(layer, samples)));
    }

    private static INDArray mask(Layer layer, Samples samples) {
        INDArray mask = RowOrder.mask(layer);
        if (mask == null) {
            return null;
        }
        INDArray ofPositions = layer.feedForwardMaskArray(mask, MaskState.Active, (int) mask.size(0))
                .getFirst();
        return RowOrder.column(ofPositions, samples.count());
    }
}
