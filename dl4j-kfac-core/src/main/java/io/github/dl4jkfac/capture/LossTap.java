package io.github.dl4jkfac.capture;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.shade.jackson.databind.annotation.JsonSerialize;

/** Stands in for an output layer's loss during one backward pass and records; serialises as the loss it stands for. */
@JsonSerialize(using = TapSerializer.class)
final class LossTap implements ILossFunction, RecordingTap<ILossFunction> {

    private static final long serialVersionUID = 1L;

    private final ILossFunction base;
    private final transient OutputRecording recording;
    private final transient Thread thread;

    LossTap(ILossFunction base, OutputRecording recording) {
        this(base, recording, Thread.currentThread());
    }

    private LossTap(ILossFunction base, OutputRecording recording, Thread thread) {
        this.base = base;
        this.recording = recording;
        this.thread = thread;
    }

    @Override
    public ILossFunction base() {
        return base;
    }

    @Override
    public Recording recording() {
        return recording;
    }

    @Override
    public ILossFunction over(ILossFunction other) {
        return new LossTap(other, recording, thread);
    }

    @Override
    public INDArray computeGradient(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        boolean own = Thread.currentThread() == thread && recording.isActive();
        INDArray second = own ? recording.secondDerivative(labels, preOutput, mask) : null;
        if (second != null) {
            return second;
        }
        if (own) {
            recording.labels(labels, mask);
            recording.preActivation(preOutput);
        }
        INDArray gradient = own
                ? gradientOf(labels, preOutput, activationFn, mask)
                : base.computeGradient(labels, preOutput, activationFn, mask);
        if (own) {
            recording.derivative(gradient);
        }
        return gradient;
    }

    /** Labels of a wrong shape, above all, are found here. */
    private INDArray gradientOf(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        try {
            return base.computeGradient(labels, preOutput, activationFn, mask);
        } catch (RuntimeException | Error e) {
            recording.failed();
            throw e;
        }
    }

    @Override
    public Pair<Double, INDArray> computeGradientAndScore(
            INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask, boolean average) {
        return base.computeGradientAndScore(labels, preOutput, activationFn, mask, average);
    }

    @Override
    public double computeScore(
            INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask, boolean average) {
        boolean own = Thread.currentThread() == thread && recording.isActive();
        if (own) {
            recording.scored(labels, preOutput, mask);
        }
        double score = base.computeScore(labels, preOutput, activationFn, mask, average);
        if (own) {
            recording.score(score);
        }
        return score;
    }

    @Override
    public INDArray computeScoreArray(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        return base.computeScoreArray(labels, preOutput, activationFn, mask);
    }

    @Override
    public String name() {
        return base.name();
    }

    private Object writeReplace() {
        return Tap.unwrap(base);
    }

    @Override
    public boolean equals(Object o) {
        return base.equals(o instanceof LossTap tap ? tap.base : o);
    }

    @Override
    public int hashCode() {
        return base.hashCode();
    }

    @Override
    public String toString() {
        return base.toString();
    }
}
