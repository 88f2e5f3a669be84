package io.github.dl4jkfac.capture;

import org.nd4j.linalg.api.ndarray.INDArray;

/** What a tap tells about one layer while DL4J back-propagates. Arrays are DL4J's own: valid during the call only. */
public interface Recording {

    /**
     * Called before the derivative is computed.
     *
     * @param z pre-activations, which may be overwritten afterwards
     */
    void preActivation(INDArray z);

    /**
     * Called with the derivative.
     *
     * @param delta derivative with respect to the pre-activations; not to be modified
     */
    void derivative(INDArray delta);

    /** {@return whether anything is to be recorded; a tap that was left behind, in a clone for example, finds that it is not} */
    boolean isActive();
}
