package io.github.dl4jkfac.capture;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.annotation.JsonSerialize;

/**
 * Stands in for a layer's activation function during one backward pass and records what passes through. Serialises, to JSON as
 * to Java streams, as the function it stands for.
 */
@JsonSerialize(using = TapSerializer.class)
final class ActivationTap implements IActivation, RecordingTap<IActivation> {

    private static final long serialVersionUID = 1L;

    private final IActivation base;
    private final transient Recording recording;
    private final transient Thread thread;

    ActivationTap(IActivation base, Recording recording) {
        this(base, recording, Thread.currentThread());
    }

    private ActivationTap(IActivation base, Recording recording, Thread thread) {
        this.base = base;
        this.recording = recording;
        this.thread = thread;
    }

    @Override
    public IActivation base() {
        return base;
    }

    @Override
    public Recording recording() {
        return recording;
    }

    @Override
    public IActivation over(IActivation other) {
        return new ActivationTap(other, recording, thread);
    }

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
        return base.getActivation(in, training);
    }

    @Override
    public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
        // Two networks may share one configuration and train in different threads; only the own one counts.
        boolean own = Thread.currentThread() == thread && recording.isActive();
        if (own) {
            recording.preActivation(in);
        }
        Pair<INDArray, INDArray> result = base.backprop(in, epsilon);
        if (own) {
            recording.derivative(result.getFirst());
        }
        return result;
    }

    @Override
    public int numParams(int inputSize) {
        return base.numParams(inputSize);
    }

    private Object writeReplace() {
        return Tap.unwrap(base);
    }

    @Override
    public boolean equals(Object o) {
        return base.equals(o instanceof ActivationTap tap ? tap.base : o);
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
