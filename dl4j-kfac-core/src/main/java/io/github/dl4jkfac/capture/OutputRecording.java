package io.github.dl4jkfac.capture;

import org.nd4j.linalg.api.ndarray.INDArray;

/** What a loss tap tells on top of an activation tap. */
public interface OutputRecording extends Recording {

    /**
     * Called with the labels before the derivative is computed.
     *
     * @param labels the true labels [rows,C]; DL4J's own, valid during the call only
     * @param mask label mask, per sample [N,1] or per output [N,C], or null
     */
    void labels(INDArray labels, INDArray mask);

    /**
     * Asks for the derivative that takes the place of the loss's own.
     *
     * @param labels the true labels [rows,C]; not to be modified
     * @param z pre-activations [rows,C]; not to be modified
     * @param mask label mask, per sample [N,1] or per output [N,C], or null
     * @return [rows,C], which DL4J may overwrite; null for the loss's own
     */
    INDArray secondDerivative(INDArray labels, INDArray z, INDArray mask);

    /** Called if the loss throws: the pass is over then, and nobody else will hear of it. */
    default void failed() {}

    /**
     * Called before the loss itself is computed, after the backward pass or without one.
     *
     * @param labels the true labels [rows,C]; like all that follows DL4J's own, valid during the call only
     * @param z pre-activations [rows,C]
     * @param mask label mask, per sample [N,1] or per output [N,C], or null
     */
    default void scored(INDArray labels, INDArray z, INDArray mask) {}

    /**
     * Called with the loss.
     *
     * @param sum over all rows
     */
    default void score(double sum) {}
}
