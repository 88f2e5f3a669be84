package io.github.dl4jkfac.session;

import java.io.Serializable;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Those who keep a network's curvature elsewhere, each a share of it: they fold the statistics of batches into it, compute the inverses and precondition
 * the gradients, in place of the network that takes the steps.
 */
public interface CurvatureOwners {

    /**
     * Does an owner's part of a step.
     *
     * @param order what is to be done
     * @param gradients V, the matrices of all blocks one after the other, as {@link OwnedCurvature} places them; not modified
     * @param updates overwritten with U, placed alike; with NaN if the statistics of the batch have overflowed, and then all curvature stays as it was
     */
    void step(Order order, INDArray gradients, INDArray updates);

    /**
     * What owners are to do before they precondition.
     *
     * @param version of the curvature that they are to go on from; one step back if the last step was taken back
     * @param fold whether the statistics of the step's batch enter
     * @param dampings of all blocks, in the network's order; null if the inverses are not renewed
     * @param later whether new inverses are put in force when the next batch enters, and not at once
     */
    record Order(long version, boolean fold, List<Double> dampings, boolean later) implements Serializable {}
}
