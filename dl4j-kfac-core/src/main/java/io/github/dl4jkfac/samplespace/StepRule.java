package io.github.dl4jkfac.samplespace;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** How a natural-gradient step is made from a batch's samples. */
@FunctionalInterface
interface StepRule {

    /**
     * Makes the step.
     *
     * @param system the batch
     * @param gradients V_l of each member [dA,dG], means over the batch; overwritten with the preconditioned gradients
     */
    void apply(SampleSystem system, List<INDArray> gradients);
}
