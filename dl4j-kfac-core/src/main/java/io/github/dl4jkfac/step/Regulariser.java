package io.github.dl4jkfac.step;

/** Adds what DL4J adds to a gradient before the updater: L1 and L2. */
@FunctionalInterface
public interface Regulariser {
    /**
     * Adds the terms to the block's gradient in place.
     *
     * @param learningRate of the block at this iteration
     * @param iteration DL4J's iteration count
     * @param epoch DL4J's epoch count
     */
    void add(double learningRate, int iteration, int epoch);
}
