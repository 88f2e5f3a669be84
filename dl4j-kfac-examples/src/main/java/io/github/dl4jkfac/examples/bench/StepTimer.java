package io.github.dl4jkfac.examples.bench;

import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Splits the time of {@code fit} at DL4J's own call-backs. It must be the first listener of the network, so that the
 * work of the others falls after its time stamps.
 *
 * <p>Forward ends before the output layer, which DL4J computes together with the loss: it counts as backward.
 */
final class StepTimer extends BaseTrainingListener {

    private long mark;
    private long forwardNanos;
    private long backwardNanos;

    /** To be called right before {@code fit}. */
    void start() {
        mark = System.nanoTime();
    }

    @Override
    public void onForwardPass(Model model, List<INDArray> activations) {
        forwardNanos += lap();
    }

    @Override
    public void onBackwardPass(Model model) {
        backwardNanos += lap();
    }

    private long lap() {
        long now = System.nanoTime();
        long elapsed = now - mark;
        mark = now;
        return elapsed;
    }

    long forwardNanos() {
        return forwardNanos;
    }

    long backwardNanos() {
        return backwardNanos;
    }
}
