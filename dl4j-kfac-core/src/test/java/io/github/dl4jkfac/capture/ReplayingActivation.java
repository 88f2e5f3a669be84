package io.github.dl4jkfac.capture;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.BaseActivationFunction;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * An output's activation function that answers the second of two backward passes, or all of several further ones, with what it
 * answered the first: under a loss that differentiates through its activation and changes nothing afterwards (L2, L1), these passes so
 * start from the true derivative, whatever was drawn.
 */
public final class ReplayingActivation extends BaseActivationFunction {

    private static final long serialVersionUID = 1L;

    private final IActivation base;
    private final int answers;
    private transient int left;
    private transient INDArray seen;

    public ReplayingActivation(IActivation base) {
        this(base, 1);
    }

    private ReplayingActivation(IActivation base, int answers) {
        this.base = base;
        this.answers = answers;
    }

    /**
     * The same function, with nothing to answer yet.
     *
     * @param passes how many passes after the first are to be answered
     */
    public ReplayingActivation fresh(int passes) {
        return new ReplayingActivation(base, passes);
    }

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
        return base.getActivation(in, training);
    }

    @Override
    public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
        if (left > 0) {
            left--;
            INDArray first = seen.get(NDArrayIndex.interval(0, in.size(0)), NDArrayIndex.all());
            return new Pair<>(first.dup(), null);
        }
        left = answers;
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
