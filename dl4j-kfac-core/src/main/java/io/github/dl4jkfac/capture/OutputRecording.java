package io.github.dl4jkfac.capture;

import org.nd4j.linalg.api.ndarray.INDArray;

/** What a loss tap tells on top of an activation tap. */
interface OutputRecording extends Recording {

    /** @param mask label mask, per sample [N,1] or per output [N,C], or null */
    void labels(INDArray labels, INDArray mask);

    /**
     * In the second pass: the derivative at targets drawn from the model.
     *
     * @return null in the first pass
     */
    INDArray sampled(INDArray labels, INDArray z, INDArray mask);
}
