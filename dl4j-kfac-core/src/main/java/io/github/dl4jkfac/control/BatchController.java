package io.github.dl4jkfac.control;

import io.github.dl4jkfac.diagnostics.StepControl;
import io.github.dl4jkfac.step.StepController;

/** A controller that looks at the batch which a step is made of. */
public interface BatchController extends StepController {

    /** Keeps the batch at hand, if the next step is to be looked at on it; to be called after the backward pass. */
    void takeBatch();

    /** {@return whether the next step is to be looked at on its batch} */
    boolean wantsBatch();

    /** {@return how the last step was controlled; null before the first, and if the step's length is not measured} */
    default StepControl last() {
        return null;
    }
}
