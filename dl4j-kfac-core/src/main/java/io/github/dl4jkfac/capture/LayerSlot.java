package io.github.dl4jkfac.capture;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.layers.OutputLayer;
import org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A dense or output layer, as K-FAC sees it: where its rows come from and how derivatives pass through it. */
public final class LayerSlot {

    private final String name;
    private final BaseLayer<?> layer;
    private final OutputHead head;
    private final LayerCapture capture;

    private LayerSlot(String name, BaseLayer<?> layer, OutputHead head) {
        this.name = name;
        this.layer = layer;
        this.head = head;
        this.capture = head == null ? new LayerCapture(layer) : head;
    }

    /** @return why the layer has no Kronecker block, or null if it has one */
    static String obstacle(Layer layer) {
        if (layer instanceof DenseLayer dense) {
            return dense.hasLayerNorm() ? "dense layer with layer normalisation" : null;
        }
        return layer.getClass() == OutputLayer.class
                ? null
                : "no curvature block for " + layer.getClass().getSimpleName();
    }

    /** @param head the output of which this is the layer, or null for a hidden layer */
    static LayerSlot of(String name, Layer layer, OutputHead head) {
        return new LayerSlot(name, (BaseLayer<?>) layer, head);
    }

    /** {@return the layer's name in its network} */
    public String name() {
        return name;
    }

    /** {@return the live layer} */
    public Layer layer() {
        return layer;
    }

    /** {@return nIn, the number of inputs} */
    public int inputs() {
        return (int) weights().size(0);
    }

    /** {@return nOut, the number of outputs} */
    public int outputs() {
        return (int) weights().size(1);
    }

    /** {@return whether the layer has a bias} */
    public boolean hasBias() {
        return layer.hasBias();
    }

    private INDArray weights() {
        return layer.getParam(DefaultParamInitializer.WEIGHT_KEY);
    }

    OutputHead head() {
        return head;
    }

    LayerCapture capture() {
        return capture;
    }

    /** Puts a tap in place of the hidden layer's activation function; an output layer is tapped at its loss. */
    void arm(DerivativeSource source, long rows, long batch) {
        if (head == null) {
            capture.start(source, rows, batch);
            synchronized (layer.layerConf()) {
                layer.layerConf().setActivationFn(new ActivationTap(untapped(), capture));
            }
        }
    }

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

    /**
     * Second pass, from the layer's output to its pre-activations. Overwrites what was recorded.
     *
     * @param epsilon derivatives at the layer's output, [rows,nOut]
     */
    INDArray throughActivation(INDArray epsilon) {
        INDArray delta = activation().backprop(capture.recorded(), epsilon).getFirst();
        return masked(delta);
    }

    /** Applies the feature mask that DL4J has applied after the tap. */
    INDArray masked(INDArray delta) {
        INDArray mask = head == null ? layer.getMaskArray() : null;
        return mask == null ? delta : delta.muliColumnVector(capture.first(mask).castTo(delta.dataType()));
    }

    /** Second pass, from the pre-activations to the layer's input: no weight gradient is computed. */
    INDArray throughWeights(INDArray delta) {
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
}
