package io.github.dl4jkfac.step;

import java.util.List;
import java.util.function.ObjDoubleConsumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Parameter matrices that are preconditioned together: one by its own curvature block, or several by a joint one. */
public interface StepGroup {

    /** {@return the matrices} */
    List<ParameterMatrix> matrices();

    /**
     * U = F_d^-1 V, kept in the matrices' updates.
     *
     * @param products takes the inner product of U and V of each matrix
     * @param gradientScale factor that turns DL4J's gradient into a mean over the batch
     * @param gradientBuffer as long as the largest matrix; overwritten
     * @param workBuffer as long as the largest matrix; overwritten
     */
    void precondition(
            ObjDoubleConsumer<ParameterMatrix> products,
            double gradientScale,
            INDArray gradientBuffer,
            INDArray workBuffer);
}
