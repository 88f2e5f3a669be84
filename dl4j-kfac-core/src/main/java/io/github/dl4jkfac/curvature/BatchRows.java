package io.github.dl4jkfac.curvature;

/**
 * One batch, as one group of a layer's parameters sees it: everything from which the gradient of every single sample follows.
 * All derivatives are of the per-sample losses (sums, never divided by the batch size).
 */
public interface BatchRows {

    /** {@return the number of samples N over which means are taken} */
    long samples();

    /** {@return how many rows are in: masks leave out the others; with 0 the batch says nothing} */
    double active();

    /** {@return whether all numbers are finite} */
    boolean isFinite();

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
}
