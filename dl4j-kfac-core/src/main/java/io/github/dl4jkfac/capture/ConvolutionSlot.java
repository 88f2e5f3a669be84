package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.ConvolutionGeometry;
import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.capture.layers.RowMapper;
import io.github.dl4jkfac.capture.layers.RowOrder;
import io.github.dl4jkfac.curvature.rows.PatchAxis;
import io.github.dl4jkfac.curvature.rows.PatchInputs;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.params.ConvolutionParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A Convolution2D that goes through the second pass by itself: without the weight gradient, and without DL4J's slowly made patches.
 * Both directions are products with patches: forward with those of the inputs, backward with those that a transposed convolution sees
 * in the derivatives.
 */
final class ConvolutionSlot extends MapperSlot {

    private final ConvolutionLayer conf;

    ConvolutionSlot(String name, Layer layer, List<ParameterGroup> groups, RowMapper mapper, LayerPlace place) {
        super(name, "", layer, groups, mapper, place, null);
        this.conf = (ConvolutionLayer) layer.conf().getLayer();
    }

    /** Dropout and weight noise are DL4J's own business. */
    @Override
    boolean passesByItself() {
        return conf.getIDropout() == null && conf.getWeightNoise() == null;
    }

    /** From the layer's output to its input, both in the layer's format; records the derivatives at the pre-activations. */
    @Override
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    INDArray backward(INDArray epsilon, boolean further, SecondPass pass) {
        try (PassMemory.Scope working = pass.memory().open()) {
            INDArray delta =
                    throughActivation(channelsSecond(epsilon.castTo(weights().dataType())));
            preActivation(null);
            derivative(delta);
            return further ? throughWeights(delta, pass.memory()) : null;
        }
    }

    private INDArray weights() {
        return layer().getParam(ConvolutionParamInitializer.WEIGHT_KEY); // [out, in, kH, kW], 'c'
    }

    private INDArray channelsSecond(INDArray array) {
        return conf.getCnn2dDataFormat() == CNN2DFormat.NCHW ? array : RowOrder.channelsSecond(array);
    }

    private INDArray throughActivation(INDArray epsilon) {
        IActivation activation = Tap.unwrap(conf.getActivationFn());
        return activation instanceof ActivationIdentity
                ? epsilon
                : activation.backprop(preActivations(epsilon.shape()), epsilon).getFirst();
    }

    private INDArray preActivations(long[] shape) {
        INDArray w = weights();
        INDArray images = channelsSecond(layer().input()).castTo(w.dataType());
        PatchInputs patches = ConvolutionGeometry.of(conf).patches(images, conf.hasBias());
        INDArray matrix = w.reshape('c', shape[1], w.length() / shape[1]).transpose(); // [in kH kW, out]
        if (conf.hasBias()) {
            INDArray b = layer().getParam(ConvolutionParamInitializer.BIAS_KEY);
            matrix = Nd4j.vstack(matrix, b.reshape('c', 1, shape[1]));
        }
        INDArray z = Nd4j.createUninitialized(w.dataType(), new long[] {shape[1], shape[0], shape[2], shape[3]}, 'c');
        multiply(patches, matrix, z);
        return z.permute(1, 0, 2, 3);
    }

    private INDArray throughWeights(INDArray delta, PassMemory memory) {
        INDArray w = weights();
        long out = w.size(0);
        long in = w.size(1);
        INDArray images = channelsSecond(layer().input());
        PatchInputs patches = new PatchInputs(delta, transposedAxes(images), PatchInputs.Order.CHANNEL_MAJOR, false);
        INDArray matrix = w.permute(0, 2, 3, 1).dup('c').reshape('c', w.length() / in, in); // [out kH kW, in]
        INDArray epsilon = memory.manager()
                .createUninitialized(
                        ArrayType.ACTIVATION_GRAD,
                        w.dataType(),
                        new long[] {in, delta.size(0), images.size(2), images.size(3)},
                        'c');
        multiply(patches, matrix, epsilon);
        return conf.getCnn2dDataFormat() == CNN2DFormat.NCHW
                ? epsilon.permute(1, 0, 2, 3)
                : epsilon.permute(1, 2, 3, 0);
    }

    /** What the inputs see of the outputs. */
    private List<PatchAxis> transposedAxes(INDArray images) {
        List<PatchAxis> forward = ConvolutionGeometry.of(conf).axes(images);
        List<PatchAxis> backward = new ArrayList<>();
        for (int i = 0; i < forward.size(); i++) {
            PatchAxis axis = forward.get(i);
            backward.add(PatchAxis.transposed(
                    axis.kernel(), axis.stride(), axis.dilation(), axis.before(), (int) images.size(2 + i)));
        }
        return backward;
    }

    /** @param result [columns, N, H, W], 'c': the rows' products are its columns */
    private static void multiply(PatchInputs patches, INDArray matrix, INDArray result) {
        INDArray rows = result.reshape('c', result.size(0), patches.rows()).transpose();
        patches.forEachChunk((firstRow, chunk) -> rows.get(
                        NDArrayIndex.interval(firstRow, firstRow + chunk.size(0)), NDArrayIndex.all())
                .assign(chunk.mmul(matrix)));
    }
}
