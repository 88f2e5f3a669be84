package io.github.dl4jkfac.step;

import java.util.List;
import java.util.function.BiConsumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Parameter matrices that are preconditioned together: one by its own curvature block, or several by a joint one. */
public interface StepGroup {

    /** {@return the matrices} */
    List<ParameterMatrix> matrices();

    /**
     * U = F_d^-1 V, kept in the matrices' updates.
     *
     * @param products takes each matrix, whose update is U then, and its V, which is valid during the call only
     * @param gradientScale factor that turns DL4J's gradient into a mean over the batch
     * @param gradientBuffer as long as the largest matrix; overwritten
     * @param workBuffer as long as the largest matrix; overwritten
     */
    void precondition(
            BiConsumer<ParameterMatrix, INDArray> products,
            double gradientScale,
            INDArray gradientBuffer,
            INDArray workBuffer);
}
