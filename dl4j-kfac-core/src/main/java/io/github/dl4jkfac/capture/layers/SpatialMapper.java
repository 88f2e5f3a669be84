package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.params.ConvolutionParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Convolutions of volumes, and transposed ones ("deconvolutions") of planes and volumes: as {@link ConvolutionMapper}, but DL4J hands
 * the activation function arrays in the layer's own format.
 */
final class SpatialMapper implements RowMapper {

    /** How DL4J keeps the weights, row-major. */
    enum Weights {
        /** [out, in, kernel...]. */
        OUT_IN_KERNEL,
        /** [in, out, kernel...]. */
        IN_OUT_KERNEL,
        /** [kernel..., out, in]. */
        KERNEL_OUT_IN
    }

    private final Weights weights;

    SpatialMapper(Weights weights) {
        this.weights = weights;
    }

    @Override
    public Site site() {
        return Site.PRE_ACTIVATION;
    }

    @Override
    public List<ParameterGroup> groups(Layer layer) {
        ConvolutionLayer conf = conf(layer);
        int window = ConvolutionGeometry.of(conf).window();
        int inputs = (int) conf.getNIn() * window;
        int outputs = (int) conf.getNOut();
        return List.of(new ParameterGroup(
                new BlockShape(ParameterKind.CONVOLUTION, inputs, outputs, conf.hasBias(), window, 1),
                List.of(segment(conf.getNIn(), outputs, window)),
                conf.hasBias() ? Segment.columnMajor(ConvolutionParamInitializer.BIAS_KEY, 1, outputs) : null));
    }

    private Segment segment(long in, long out, long window) {
        String key = ConvolutionParamInitializer.WEIGHT_KEY;
        int rows = (int) (in * window);
        return switch (weights) {
            case OUT_IN_KERNEL -> Segment.columnMajor(key, rows, out);
            case IN_OUT_KERNEL -> new Segment(key, 0, rows, 'c', new long[] {in, out, window}, new int[] {0, 2, 1});
            case KERNEL_OUT_IN -> new Segment(key, 0, rows, 'c', new long[] {window, out, in}, new int[] {2, 0, 1});
        };
    }

    private static ConvolutionLayer conf(Layer layer) {
        return (ConvolutionLayer) layer.conf().getLayer();
    }

    private static INDArray channelsSecond(ConvolutionLayer conf, INDArray array) {
        boolean last;
        if (conf instanceof Convolution3D volumes) {
            last = volumes.getDataFormat() == Convolution3D.DataFormat.NDHWC;
        } else if (conf instanceof Deconvolution3D volumes) {
            last = volumes.getDataFormat() == Convolution3D.DataFormat.NDHWC;
        } else {
            last = conf.getCnn2dDataFormat() == CNN2DFormat.NHWC;
        }
        return last ? RowOrder.channelsSecond(array) : array;
    }

    @Override
    public INDArray columnsFirst(Layer layer, INDArray derivatives, long batch) {
        return channelsSecond(conf(layer), derivatives).swapAxes(0, 1);
    }

    @Override
    public List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples) {
        ConvolutionLayer conf = conf(layer);
        INDArray first = Samples.first(channelsSecond(conf, inputs), samples.count());
        return List.of(samples.outer(
                ConvolutionGeometry.of(conf).patches(first.castTo(derivatives.dataType()), conf.hasBias()),
                derivatives,
                null));
    }
}
