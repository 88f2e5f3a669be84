package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.ParameterGroup;
import io.github.dl4jkfac.capture.layers.RowOrder;
import io.github.dl4jkfac.capture.layers.Samples;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import java.util.List;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A layer z = a W + b, hidden or output. It goes through the second pass by itself: without the weight gradient, which DL4J would
 * compute as well, and with a part of the batch only where the whole network allows it.
 */
final class DenseSlot extends LayerSlot {

    private final BaseLayer<?> layer;
    private final OutputHead head;
    private final LayerRecording capture;
    private final boolean passesByItself;
    private final boolean sampleMajor;
    private INDArray derivatives;

    /**
     * @param head the output of which this is the layer, or null for a hidden layer
     * @param passesByItself whether it does; inside of a layer that wraps it, DL4J's own backward pass goes through once more
     * @param sampleMajor how DL4J orders rows if there are several per sample: sample by sample, or else step by step
     */
    DenseSlot(String name, BaseLayer<?> layer, OutputHead head, boolean passesByItself, boolean sampleMajor) {
        super(name, "", layer, List.of(group(layer)));
        this.layer = layer;
        this.head = head;
        this.capture = head == null ? new LayerRecording(layer) : head;
        this.passesByItself = passesByItself;
        this.sampleMajor = sampleMajor;
    }

    private static ParameterGroup group(BaseLayer<?> layer) {
        INDArray w = layer.getParam(DefaultParamInitializer.WEIGHT_KEY);
        BlockShape shape = BlockShape.of(ParameterKind.DENSE, (int) w.size(0), (int) w.size(1), layer.hasBias());
        Segment bias = layer.hasBias() ? Segment.columnMajor(DefaultParamInitializer.BIAS_KEY, 1, w.size(1)) : null;
        List<Segment> weights = List.of(Segment.columnMajor(DefaultParamInitializer.WEIGHT_KEY, w.size(0), w.size(1)));
        return new ParameterGroup(shape, weights, bias);
    }

    @Override
    boolean passesByItself() {
        return passesByItself;
    }

    @Override
    boolean carriesPartOfBatch() {
        return passesByItself;
    }

    /** Puts a tap in place of the hidden layer's activation function; an output layer is tapped at its loss. */
    @Override
    void arm(DerivativeSource source, PassSamples samples) {
        derivatives = null;
        if (head == null) {
            capture.start(source.needsSecondPass() && passesByItself, samples.pass(), samples.batch());
            synchronized (layer.layerConf()) {
                layer.layerConf().setActivationFn(new ActivationTap(untapped(), capture));
            }
        }
    }

    @Override
    void disarm() {
        if (head == null) {
            capture.stop();
            synchronized (layer.layerConf()) {
                layer.layerConf().setActivationFn(untapped());
            }
        }
    }

    private IActivation untapped() {
        return RecordingTap.without(layer.layerConf().getActivationFn(), capture);
    }

    private IActivation activation() {
        return Tap.unwrap(layer.layerConf().getActivationFn());
    }

    @Override
    boolean isComplete() {
        return capture.isComplete();
    }

    @Override
    void secondPass() {
        derivatives = null; // they come by backward(), or from the tap
    }

    /** From the layer's output, or from its loss, to its input; the rows are those that the pass is made of. */
    @Override
    INDArray backward(INDArray epsilon, boolean further, SecondPass pass) {
        derivatives = head == null ? throughActivation(epsilon) : head.secondDerivative(pass.signal());
        return further ? throughWeights(derivatives) : null;
    }

    /**
     * From the layer's output to its pre-activations.
     *
     * @param epsilon derivatives at the layer's output, [rows,nOut]
     */
    private INDArray throughActivation(INDArray epsilon) {
        return masked(activation().backprop(capture.recorded().dup(), epsilon).getFirst());
    }

    /** Applies the feature mask that DL4J has applied after the tap. */
    private INDArray masked(INDArray delta) {
        INDArray mask = featureMask();
        return mask == null ? delta : delta.muliColumnVector(mask.castTo(delta.dataType()));
    }

    private INDArray featureMask() {
        return head == null ? capture.first(RowOrder.mask(layer)) : null;
    }

    /** From the pre-activations to the layer's input: no weight gradient is computed. */
    private INDArray throughWeights(INDArray delta) {
        INDArray w = capture.weights();
        INDArray epsilon = Nd4j.createUninitialized(delta.dataType(), new long[] {delta.size(0), w.size(0)}, 'f');
        Nd4j.gemm(delta, w, epsilon, false, true, 1, 0);
        if (layer.layerConf().getIDropout() instanceof DropoutTap dropout && dropout.diagonal() != null) {
            INDArray diagonal = dropout.diagonal();
            epsilon.muli(
                    diagonal.size(0) == epsilon.size(0)
                            ? diagonal
                            : diagonal.get(NDArrayIndex.interval(0, epsilon.size(0)), NDArrayIndex.all()));
        }
        return epsilon;
    }

    private INDArray derivatives() {
        if (derivatives == null) {
            derivatives = masked(capture.recorded());
        }
        return derivatives;
    }

    @Override
    void scale(INDArray scale) {
        INDArray delta = derivatives();
        long positions = delta.size(0) / scale.size(0);
        INDArray factors = scale;
        if (positions > 1) {
            INDArray repeated = Nd4j.tile(scale, 1, (int) positions); // [N,T]
            factors = repeated.dup(sampleMajor ? 'c' : 'f').reshape(sampleMajor ? 'c' : 'f', delta.size(0), 1);
        }
        delta.muliColumnVector(factors.castTo(delta.dataType()));
    }

    @Override
    List<BatchRows> rows(Samples samples) {
        INDArray inputs = capture.inputs();
        INDArray delta = derivatives();
        long positions = positions(delta, samples);
        INDArray mask = rowMask();
        if (positions > 1 || delta.size(0) != samples.count()) {
            inputs = inRowOrder(inputs, positions, samples.count());
            delta = inRowOrder(delta, positions, samples.count());
            mask = mask == null ? null : inRowOrder(mask, positions, samples.count());
        }
        INDArray weights = samples.weights(positions, mask);
        double active = Samples.active(weights, delta.size(0));
        return List.of(new OuterProductRows(InputSource.of(inputs), delta, weights, active, samples.count()));
    }

    private long positions(INDArray delta, Samples samples) {
        long pass = delta.size(0) < capture.batch() ? samples.count() : capture.batch();
        return delta.size(0) / pass;
    }

    /** A column for several rows per sample; a mask with one row per sample leaves out samples whose derivatives are zero anyway. */
    private INDArray rowMask() {
        INDArray mask = featureMask();
        return mask == null || mask.size(1) != 1
                ? null
                : mask.castTo(capture.recorded().dataType());
    }

    /** The first samples of rows that DL4J orders in its own way. */
    private INDArray inRowOrder(INDArray rows, long positions, long samples) {
        long batch = rows.size(0) / positions;
        INDArray split = sampleMajor
                ? rows.reshape('c', batch, positions, rows.size(1)).permute(1, 0, 2)
                : rows.reshape('f', batch, positions, rows.size(1)).permute(1, 0, 2);
        INDArray wanted = split.get(NDArrayIndex.all(), NDArrayIndex.interval(0, samples), NDArrayIndex.all());
        return wanted.dup('f').reshape('f', samples * positions, rows.size(1));
    }
}
