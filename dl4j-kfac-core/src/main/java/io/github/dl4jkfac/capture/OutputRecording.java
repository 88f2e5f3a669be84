package io.github.dl4jkfac.capture;

import org.nd4j.linalg.api.ndarray.INDArray;

/** What a loss tap tells on top of an activation tap. */
interface OutputRecording extends Recording {

    /** @param mask label mask, per sample [N,1] or per output [N,C], or null */
    void labels(INDArray labels, INDArray mask);

    /**
     * In the second pass: the derivative that takes the place of the loss's own.
     *
     * @return null in the first pass
     */
    INDArray secondDerivative(INDArray labels, INDArray z, INDArray mask);

    /** Called if the loss throws: the pass is over then, and nobody else will hear of it. */
    default void failed() {}

    /**
     * Called before the loss itself is computed, after the backward pass or without one.
     *
     * @param z pre-activations [rows,C]; DL4J's own, valid during the call only
     */
    default void scored(INDArray z) {}

    /**
     * Called with the loss.
     *
     * @param sum over all rows
     */
    default void score(double sum) {}
}
