package io.github.dl4jkfac.capture;

import java.util.List;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What the taps of a recurrent layer see in one backward pass. DL4J first runs the layer forwards once more, always from the state
 * zero, and then goes through the time steps from the last to the first.
 */
abstract class RecurrentRecord {

    private final TimeStepRows derivatives = new TimeStepRows();
    private long step = -1;
    private boolean ended;

    /** Forgets the last pass. */
    void clear() {
        derivatives.clear();
        ended = false;
    }

    final boolean hasBegun() {
        return !derivatives.isEmpty();
    }

    /** Whether the pass has come to the first step. */
    final boolean hasEnded() {
        return ended;
    }

    /**
     * Begins a pass.
     *
     * @param type of the layer's parameters
     * @param positions T
     * @param samples how many samples are wanted, from the first of the batch on
     */
    void begin(DataType type, long positions, long samples) {
        derivatives.begin(type, positions, samples, derivativeWidth());
        step = positions - 1;
    }

    /** dG. */
    abstract long derivativeWidth();

    /** Before a derivative is computed: {@code z} [batch, n] may be overwritten afterwards. */
    abstract void preActivation(boolean ofGate, INDArray z);

    /** The derivative with respect to {@code z}, [batch, n]. */
    abstract void derivative(boolean ofGate, INDArray delta);

    /**
     * The layer's outputs, as far as the layer itself computes them: without its mask.
     *
     * @param activation the layer's activation function
     * @param gate that of its gates; null if it has none
     * @return h, [N T, n], row n T + t, a copy
     */
    abstract INDArray outputs(IActivation activation, IActivation gate);

    /**
     * Gradients of single samples of the weights that act unit by unit, from {@link #derivatives} as they are now.
     *
     * @return one matrix [N, 3 n], or none
     */
    abstract List<INDArray> unitwise();

    /** The derivatives g, [N T, dG], row n T + t, column-major; free to be overwritten. */
    final TimeStepRows derivatives() {
        return derivatives;
    }

    final long step() {
        return step;
    }

    final void endStep() {
        ended = step == 0;
        step--;
    }
}
