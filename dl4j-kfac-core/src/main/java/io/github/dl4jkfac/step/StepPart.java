package io.github.dl4jkfac.step;

import org.nd4j.linalg.api.ndarray.INDArray;

/** One updater block's share of a step: what DL4J asks one worker for. */
public interface StepPart {

    /** {@return the worker that DL4J calls} */
    BoundWorker worker();

    /** {@return DL4J's flat view of the block's gradient; each step overwrites it with the update} */
    INDArray gradient();

    /** {@return adds L1 and L2 to that view, in front of the first block's step; does nothing if the part can wait for DL4J} */
    Regulariser regulariser();

    /**
     * Writes the update into the gradient.
     *
     * @param gradientScale factor that turns DL4J's gradient into a mean over the batch
     * @param klScale nu, the share of the step that its bound leaves
     * @param rate alpha
     */
    void write(double gradientScale, double klScale, double rate);
}
