package io.github.dl4jkfac.step;

import java.util.function.BiConsumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Preconditions all gradients of a network at once. */
public interface Preconditioner {

    /**
     * U = F_d^-1 V, kept in the matrices' updates.
     *
     * @param products takes each matrix, whose update is U then, and its V, which is valid during the call only
     * @param gradientScale factor that turns DL4J's gradient into a mean over the batch
     */
    void precondition(BiConsumer<ParameterMatrix, INDArray> products, double gradientScale);
}
