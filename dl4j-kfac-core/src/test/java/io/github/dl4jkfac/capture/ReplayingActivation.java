package io.github.dl4jkfac.capture;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.BaseActivationFunction;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * An output's activation function that answers the second of two backward passes with what it answered the first: under a loss
 * that differentiates through its activation and changes nothing afterwards (L2, L1), the second pass so starts from the true
 * derivative, whatever was drawn.
 */
final class ReplayingActivation extends BaseActivationFunction {

    private static final long serialVersionUID = 1L;

    private final IActivation base;
    private transient INDArray seen;

    ReplayingActivation(IActivation base) {
        this.base = base;
    }

    /** The same function, with nothing to answer yet. */
    ReplayingActivation fresh() {
        return new ReplayingActivation(base);
    }

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
        return base.getActivation(in, training);
    }

    @Override
    public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
        if (seen != null) {
            INDArray first = seen.get(NDArrayIndex.interval(0, in.size(0)), NDArrayIndex.all());
            seen = null;
            return new Pair<>(first, null);
        }
        Pair<INDArray, INDArray> result = base.backprop(in, epsilon);
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            seen = result.getFirst().dup();
        }
        return result;
    }

    @Override
    public String toString() {
        return base.toString();
    }
}
