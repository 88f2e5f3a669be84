package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.arrays.Reductions;
import io.github.dl4jkfac.capture.likelihood.OutputDistribution;
import io.github.dl4jkfac.lean.Kinds;
import java.util.Set;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.layers.training.CenterLossOutputLayer;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/**
 * One output of a network: the loss, tapped during a backward pass, and the distribution behind it. DL4J hands every loss rows
 * [N T,C], for sequences step by step, for images and volumes sample by sample.
 */
public final class OutputHead extends LayerRecording implements OutputRecording {

    /** Exactly these: layers derived from them may do anything to their loss. */
    private static final Set<Class<?>> ONE_ROW_PER_SAMPLE = Set.of(
            org.deeplearning4j.nn.layers.OutputLayer.class,
            org.deeplearning4j.nn.layers.LossLayer.class,
            CenterLossOutputLayer.class);

    private static final Set<Class<?>> STEP_BY_STEP = Set.of(
            org.deeplearning4j.nn.layers.recurrent.RnnOutputLayer.class,
            org.deeplearning4j.nn.layers.recurrent.RnnLossLayer.class);

    private static final Set<Class<?>> SAMPLE_BY_SAMPLE = Set.of(
            org.deeplearning4j.nn.layers.convolution.CnnLossLayer.class,
            org.deeplearning4j.nn.layers.convolution.Cnn3DLossLayer.class);

    private final String name;
    private final org.deeplearning4j.nn.conf.layers.BaseLayer conf;
    private final ReusableMatrix memoryOfLabels = new ReusableMatrix();
    private final ReusableMatrix memoryOfMask = new ReusableMatrix();
    private Recording listener;
    private Runnable whenFailed = () -> {};
    private OutputSignal signal;
    private INDArray labels;
    private INDArray mask;

    private OutputHead(String name, BaseLayer<?> layer) {
        super(layer);
        this.name = name;
        this.conf = layer.layerConf();
    }

    /** Freezing with back-propagation leaves a loss what it is; only the layer's own gradient is dropped. */
    static org.deeplearning4j.nn.api.Layer unfrozen(org.deeplearning4j.nn.api.Layer layer) {
        return layer instanceof FrozenLayerWithBackprop frozen ? unfrozen(frozen.getInsideLayer()) : layer;
    }

    /** Whether a layer, or what it wraps, has a loss. */
    static boolean hasLoss(org.deeplearning4j.nn.api.Layer layer) {
        org.deeplearning4j.nn.api.Layer inner = layer;
        while (inner instanceof BaseWrapperLayer wrapper) {
            inner = wrapper.getUnderlying();
        }
        return inner instanceof IOutputLayer;
    }

    /** Returns null for an output whose loss acts on something else than rows of pre-activations. */
    static OutputHead of(String name, org.deeplearning4j.nn.api.Layer place) {
        org.deeplearning4j.nn.api.Layer layer = unfrozen(place);
        Class<?> type = Kinds.of(layer);
        return ONE_ROW_PER_SAMPLE.contains(type) || STEP_BY_STEP.contains(type) || SAMPLE_BY_SAMPLE.contains(type)
                ? new OutputHead(name, (BaseLayer<?>) layer)
                : null;
    }

    /** Whether the derivative with respect to the pre-activations is all that a second pass needs of the loss. */
    boolean hasOneRowPerSample() {
        return ONE_ROW_PER_SAMPLE.contains(Kinds.of(layer()));
    }

    void arm(DerivativeSource source, long rows, long batch) {
        start(source.needsSecondPass(), rows, batch);
        labels = null;
        mask = null;
        signal = null;
        tap(this);
    }

    /** Says what is to be done if the loss throws, while armed. */
    void whenFailed(Runnable action) {
        whenFailed = action;
    }

    @Override
    public void failed() {
        whenFailed.run();
    }

    void disarm() {
        stop();
        signal = null;
        untap(this);
    }

    /**
     * Lets a recording hear, in this thread, what passes through the loss, until {@link #untap}.
     *
     * @param recording the only one of its kind on this loss
     */
    public void tap(OutputRecording recording) {
        synchronized (conf) {
            setLoss(new LossTap(RecordingTap.without(loss(), recording), recording));
        }
    }

    /**
     * Ends what {@link #tap} began.
     *
     * @param recording the one that was given there
     */
    public void untap(OutputRecording recording) {
        synchronized (conf) {
            setLoss(RecordingTap.without(loss(), recording));
        }
    }

    /** Passes on what the loss tells, to the slot of the same layer; null ends it. */
    void alsoTell(Recording slot) {
        listener = slot;
    }

    /** From now on the loss's derivative is the signal. */
    void send(OutputSignal newSignal) {
        signal = newSignal;
    }

    @Override
    public INDArray secondDerivative(INDArray trueLabels, INDArray z, INDArray labelMask) {
        if (signal == null) {
            return null;
        }
        INDArray delta = signal.derivative(this, z, trueLabels.castTo(z.dataType()), cast(labelMask, z.dataType()));
        tell(delta);
        return delta;
    }

    @Override
    public void labels(INDArray trueLabels, INDArray labelMask) {
        if (trueLabels == null) {
            throw withoutLabels(name);
        }
        labels = kept(trueLabels, memoryOfLabels);
        mask = labelMask == null ? null : kept(labelMask, memoryOfMask);
    }

    static IllegalArgumentException withoutLabels(String output) {
        return new IllegalArgumentException("The batch has no labels for the output '" + output
                + "', whose loss needs some; give fit() features and labels for every output");
    }

    /** What DL4J has cast lies in the layer's workspace, which ends with the layer's pass. */
    private INDArray kept(INDArray array, ReusableMatrix memory) {
        return array.isAttached() || array.dataType() != type() ? memory.copyOf(type(), array) : array;
    }

    private static INDArray cast(INDArray array, DataType type) {
        return array == null ? null : array.castTo(type);
    }

    @Override
    public void derivative(INDArray delta) {
        super.derivative(delta);
        tell(delta);
    }

    private void tell(INDArray delta) {
        if (listener != null) {
            listener.preActivation(null);
            listener.derivative(delta);
        }
    }

    /** Why there is no distribution of targets; null if there is one. */
    String obstacle() {
        ILossFunction loss = Tap.unwrap(loss());
        return OutputDistribution.of(loss, conf.getActivationFn()) != null
                ? null
                : "the loss " + loss.getClass().getSimpleName() + " with activation '" + conf.getActivationFn()
                        + "' of output '" + name
                        + "' is no negative log-likelihood of a predictive distribution, as are MCXENT or"
                        + " NEGATIVELOGLIKELIHOOD with softmax, XENT with sigmoid, MSE, L2, L1, MAE and POISSON";
    }

    /**
     * {@return whether the backward pass adds to the derivatives what does not come from the pre-activations, as centre loss does}
     */
    public boolean pullsTowardsCenters() {
        return layer() instanceof CenterLossOutputLayer;
    }

    /** {@return the distribution of which the loss is the negative log-likelihood; null if there is none} */
    public OutputDistribution distribution() {
        return OutputDistribution.of(Tap.unwrap(loss()), conf.getActivationFn());
    }

    /** The signal for what was recorded, [rows,C]; to be called only if {@link #hasOneRowPerSample}. */
    INDArray secondDerivative(OutputSignal ofPass) {
        return ofPass.derivative(this, recorded(), first(labels), first(mask));
    }

    /** C, the number of outputs; the pre-activations must have been recorded. */
    long outputs() {
        return recorded().size(1);
    }

    /** Whether what was recorded has several rows for each sample. */
    boolean hasSeveralRowsPerSample() {
        return recorded().size(0) > batch();
    }

    /** |dL_n/dz_out|^2 of the first samples, [N,1]; the derivatives must have been recorded. */
    INDArray squaredNorms(long samples) {
        INDArray delta = recorded();
        return Reductions.sum(perSample(Reductions.sum(delta.mul(delta), true, 1), samples), true, 1);
    }

    /** Which of the first samples the label mask leaves in, wholly or in part, [N,1]; null if there is no mask. */
    INDArray activeSamples(long samples) {
        if (mask == null) {
            return null;
        }
        INDArray some =
                Reductions.max(first(mask), true, 1).gt(0).castTo(recorded().dataType());
        return Reductions.max(perSample(some, samples), true, 1);
    }

    /** A column over rows as a matrix [N,T] over the first samples. */
    private INDArray perSample(INDArray column, long samples) {
        long pass = column.size(0) % batch() == 0 ? batch() : samples;
        long positions = column.size(0) / pass;
        char order = STEP_BY_STEP.contains(Kinds.of(layer())) ? 'f' : 'c';
        INDArray all = column.dup(order).reshape(order, pass, positions);
        return pass == samples ? all : all.get(NDArrayIndex.interval(0, samples), NDArrayIndex.all());
    }

    private ILossFunction loss() {
        if (conf instanceof BaseOutputLayer output) {
            return output.getLossFn();
        }
        if (conf instanceof LossLayer loss) {
            return loss.getLossFn();
        }
        if (conf instanceof RnnLossLayer loss) {
            return loss.getLossFn();
        }
        return conf instanceof CnnLossLayer loss ? loss.getLossFn() : ((Cnn3DLossLayer) conf).getLossFn();
    }

    private void setLoss(ILossFunction loss) {
        if (conf instanceof BaseOutputLayer output) {
            output.setLossFn(loss);
        } else if (conf instanceof LossLayer layer) {
            layer.setLossFn(loss);
        } else if (conf instanceof RnnLossLayer layer) {
            layer.setLossFn(loss);
        } else if (conf instanceof CnnLossLayer layer) {
            layer.setLossFn(loss);
        } else {
            ((Cnn3DLossLayer) conf).setLossFn(loss);
        }
    }
}
