package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.ParameterType;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What one backward pass has told about one layer. Copies are kept from step to step and reused. */
class LayerRecording implements Recording {

    private final BaseLayer<?> layer;
    private final DataType type;
    private final ReusableMatrix memory = new ReusableMatrix();

    private boolean keepsPreActivations;
    private volatile boolean active;
    private long rows;
    private long batch;
    private INDArray inputs;
    private INDArray recorded;
    private INDArray noisyWeights;

    LayerRecording(BaseLayer<?> layer) {
        this.layer = layer;
        this.type = ParameterType.of(layer);
    }

    /**
     * Forgets the last pass.
     *
     * @param preActivations whether to keep pre-activations, of the first pass, or derivatives, of the last
     * @param rows how many samples of the batch are wanted; layers whose rows are no samples ignore it
     * @param batch how many samples there are
     */
    void start(boolean preActivations, long rows, long batch) {
        this.active = true;
        this.keepsPreActivations = preActivations;
        this.rows = rows;
        this.batch = batch;
        inputs = null;
        recorded = null;
        noisyWeights = null;
    }

    /** Ends the recording; what has been recorded stays. */
    void stop() {
        active = false;
    }

    @Override
    public boolean isActive() {
        return active;
    }

    @Override
    public void preActivation(INDArray z) {
        inputs = layer.input();
        if (keepsPreActivations) {
            recorded = memory.copyOf(type, first(z));
        }
    }

    @Override
    public void derivative(INDArray delta) {
        if (!keepsPreActivations) {
            recorded = memory.copyOf(type, first(delta));
        }
        noisyWeights = DropConnectWeights.of(layer, DefaultParamInitializer.WEIGHT_KEY);
    }

    /** The type of what is recorded: that of the layer's parameters. */
    final DataType type() {
        return type;
    }

    BaseLayer<?> layer() {
        return layer;
    }

    /** How many samples the batch has. */
    long batch() {
        return batch;
    }

    boolean isComplete() {
        return recorded != null;
    }

    /** Layer inputs, after dropout; [rows,nIn], in the layer's floating type as DL4J uses them. Valid until DL4J's step ends. */
    INDArray inputs() {
        return first(inputs).castTo(recorded.dataType());
    }

    /** Pre-activations or derivatives, [rows,nOut]. */
    INDArray recorded() {
        return recorded;
    }

    /** W as the forward pass used it, [nIn,nOut]. */
    INDArray weights() {
        return noisyWeights == null ? layer.getParam(DefaultParamInitializer.WEIGHT_KEY) : noisyWeights;
    }

    /** The wanted rows of an array with one row per sample; all of any other array, such as one with a row per time step. */
    INDArray first(INDArray array) {
        return array == null || array.size(0) != batch || rows == batch
                ? array
                : array.get(NDArrayIndex.interval(0, rows), NDArrayIndex.all());
    }
}
