package io.github.dl4jkfac.control;

import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.NetworkScalars.Scalar;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * When the model of a step is measured: at every step at first, and after a step that it has foretold badly; seldom while all is calm. Where
 * it costs next to nothing and batches are alike, so that what is measured is exact, it is measured at every step.
 */
final class MeasuringClock {

    /** Multiply-adds of a forward pass that take no longer than what Deeplearning4j does beside them. */
    private static final double CHEAP = 1e7;

    private final NetworkScalars scalars;
    private final int longest;

    /** @param longest most steps from one measurement to the next */
    MeasuringClock(NetworkScalars scalars, int longest) {
        this.scalars = scalars;
        this.longest = longest;
    }

    boolean isDue() {
        return scalars.get(Scalar.STEP_AGE, 0) + 1 >= scalars.get(Scalar.STEP_INTERVAL, 1);
    }

    /** A step has been taken without measuring. */
    void pass() {
        scalars.set(Scalar.STEP_AGE, scalars.get(Scalar.STEP_AGE, 0) + 1);
    }

    /**
     * Whether a forward pass costs no more than what Deeplearning4j does beside it.
     *
     * @param parameters of the network
     * @param features [N,C] or [N,C,...]; each parameter works at each position at most
     */
    static boolean isCheap(long parameters, INDArray features) {
        long positions = features.rank() > 2 ? features.length() / features.size(1) : features.size(0);
        return (double) parameters * positions <= CHEAP;
    }

    /**
     * The model has been measured.
     *
     * @param isCalm whether it was much as before, and foretold the step well
     * @param isWorthwhile whether to measure at every step all the same
     */
    void measured(boolean isCalm, boolean isWorthwhile) {
        double interval = isCalm && !isWorthwhile ? Math.min(longest, scalars.get(Scalar.STEP_INTERVAL, 1) + 1) : 1;
        scalars.set(Scalar.STEP_INTERVAL, interval);
        scalars.set(Scalar.STEP_AGE, 0);
    }
}
