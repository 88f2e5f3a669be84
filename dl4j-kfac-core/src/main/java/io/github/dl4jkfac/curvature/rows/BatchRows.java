package io.github.dl4jkfac.curvature.rows;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One batch, as one group of a layer's parameters sees it: everything from which the gradient of every single sample follows.
 * All derivatives are of the per-sample losses (sums, never divided by the batch size).
 */
public interface BatchRows {

    /** {@return the number of samples N over which means are taken} */
    long samples();

    /** {@return how many rows are in: masks leave out the others; with 0 the batch says nothing} */
    double active();

    /** {@return how large the numbers are; looks at each once} */
    Magnitude magnitude();

    /** {@return the same for a block that leaves out the bias} */
    BatchRows weightsOnly();

    /** {@return the same for a block of the bias alone} */
    BatchRows biasOnly();

    /**
     * Takes neighbouring samples for one, whose gradient is the sum of theirs: a layer that a graph shares among several inputs sees
     * several for each sample of the batch.
     *
     * @param parts how many neighbours make one; divides the number of samples
     * @return rows of as many times fewer samples
     */
    BatchRows joined(int parts);

    /**
     * All that is linear in the derivatives at the network's outputs.
     *
     * @return matrices whose rows belong to the samples in their order; not copied
     */
    List<INDArray> derivativeMatrices();

    /**
     * The rows of several backward passes over the same forward pass. Sample n of pass c becomes sample c N + n; layer inputs and masks
     * are the same in all passes, and the inputs are not copied.
     *
     * @param passes how many passes there are
     * @param derivatives those of all passes below each other, in place of each of {@link #derivativeMatrices}, column-major
     * @return rows of as many times more samples
     */
    BatchRows repeated(int passes, List<INDArray> derivatives);

    /**
     * Copies what does not outlive Deeplearning4j's backward pass, such as layer inputs, into the workspace that is current.
     *
     * @return the same rows, valid as long as that workspace; this object if all of it is
     */
    default BatchRows lasting() {
        return this;
    }
}
