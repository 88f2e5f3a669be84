package io.github.dl4jkfac.capture;

import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/** One output of a network: the loss, tapped during a backward pass, and the distribution behind it. */
final class OutputHead extends LayerCapture implements OutputRecording {

    private final String name;
    private final org.deeplearning4j.nn.conf.layers.BaseLayer conf;
    private INDArray labels;
    private INDArray mask;

    private OutputHead(String name, BaseLayer<?> layer) {
        super(layer);
        this.name = name;
        this.conf = layer.layerConf();
    }

    /** Returns null for an output whose loss acts on something else than rows [N,C] of pre-activations. */
    static OutputHead of(String name, org.deeplearning4j.nn.api.Layer layer) {
        boolean rows = layer.getClass() == org.deeplearning4j.nn.layers.OutputLayer.class
                || layer.getClass() == org.deeplearning4j.nn.layers.LossLayer.class;
        return rows ? new OutputHead(name, (BaseLayer<?>) layer) : null;
    }

    void arm(DerivativeSource source, long rows, long batch) {
        start(source, rows, batch);
        labels = null;
        mask = null;
        synchronized (conf) {
            setLoss(new LossTap(RecordingTap.without(loss(), this), this));
        }
    }

    void disarm() {
        stop();
        synchronized (conf) {
            setLoss(RecordingTap.without(loss(), this));
        }
    }

    @Override
    public void labels(INDArray trueLabels, INDArray labelMask) {
        labels = trueLabels;
        mask = labelMask;
    }

    /** @throws IllegalArgumentException if the loss is no negative log-likelihood */
    OutputDistribution distribution() {
        return OutputDistribution.of(Tap.unwrap(loss()), conf.getActivationFn(), name);
    }

    /** dL/dz for targets drawn from the model, [rows,C]. */
    INDArray sampleDerivative(Random random) {
        return distribution().sampleDerivative(recorded(), first(labels), first(mask), random);
    }

    /** Label mask of the wanted rows, or null. */
    INDArray mask() {
        return first(mask);
    }

    private ILossFunction loss() {
        return conf instanceof LossLayer loss ? loss.getLossFn() : ((BaseOutputLayer) conf).getLossFn();
    }

    private void setLoss(ILossFunction loss) {
        if (conf instanceof LossLayer lossLayer) {
            lossLayer.setLossFn(loss);
        } else {
            ((BaseOutputLayer) conf).setLossFn(loss);
        }
    }
}
