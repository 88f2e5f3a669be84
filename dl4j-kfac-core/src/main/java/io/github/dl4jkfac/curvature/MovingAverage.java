package io.github.dl4jkfac.curvature;

/**
 * Weights of the bias-corrected exponential moving average of Martens and Grosse (2015, sec. 5): the old average keeps
 * epsilon_k = min(1 - 1/k, decay) when the k-th batch enters, so the first batches form a plain mean.
 *
 * @param decay upper bound of epsilon_k, in [0,1)
 */
public record MovingAverage(double decay) {

    /**
     * Weighs the old average.
     *
     * @param batches how many batches have entered before this one, k - 1
     * @return epsilon_k, the weight of the old average; the new batch has 1 - epsilon_k
     */
    public double keep(long batches) {
        return Math.min(1.0 - 1.0 / (batches + 1.0), decay);
    }
}
