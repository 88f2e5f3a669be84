package io.github.dl4jkfac.control;

import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.NetworkScalars.Scalar;

/** When the model of a step is measured: at every step at first, and after a step that it has foretold badly; seldom while all is calm. */
final class MeasuringClock {

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

    /** @param calm whether the model was much as before, and foretold the step well */
    void measured(boolean calm) {
        double interval = calm ? Math.min(longest, scalars.get(Scalar.STEP_INTERVAL, 1) + 1) : 1;
        scalars.set(Scalar.STEP_INTERVAL, interval);
        scalars.set(Scalar.STEP_AGE, 0);
    }
}
