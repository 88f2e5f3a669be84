package io.github.dl4jkfac.step;

/** Adds what DL4J adds to a gradient before the updater: L1 and L2. */
@FunctionalInterface
public interface Regulariser {
    /** @param learningRate of the block at this iteration */
    void add(double learningRate, int iteration, int epoch);
}
