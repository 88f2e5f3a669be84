package io.github.dl4jkfac.step;

import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.JointBlock;
import java.util.List;
import java.util.function.ObjDoubleConsumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Parameter matrices that are preconditioned together: one by its own curvature block, or several by a joint one. */
public interface StepGroup {

    /**
     * Makes the group of a block that stands alone.
     *
     * @param block preconditions the gradient
     * @param matrix its parameters
     * @return the group
     */
    static StepGroup of(CurvatureBlock block, ParameterMatrix matrix) {
        return new Single(block, matrix);
    }

    /**
     * Makes the group of a joint block.
     *
     * @param block preconditions the gradients
     * @param matrices the parameters of its members, in their order
     * @return the group
     */
    static StepGroup of(JointBlock block, List<ParameterMatrix> matrices) {
        return new Joint(block, List.copyOf(matrices));
    }

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

    /**
     * One matrix with a block of its own.
     *
     * @param block preconditions the gradient
     * @param matrix its parameters
     */
    record Single(CurvatureBlock block, ParameterMatrix matrix) implements StepGroup {

        @Override
        public List<ParameterMatrix> matrices() {
            return List.of(matrix);
        }

        @Override
        public void precondition(
                ObjDoubleConsumer<ParameterMatrix> products,
                double gradientScale,
                INDArray gradientBuffer,
                INDArray workBuffer) {
            INDArray v = matrix.matrix(gradientBuffer);
            matrix.gather(gradientScale, v);
            matrix.average(v);
            block.precondition(v, matrix.matrix(workBuffer), matrix.update());
            products.accept(matrix, matrix.dot(v));
        }
    }

    /**
     * Several matrices with a joint block. Its gradients have to be there all at once, so they are gathered where the updates go;
     * for the inner products they are gathered once more.
     *
     * @param block preconditions the gradients
     * @param matrices the parameters of its members
     */
    record Joint(JointBlock block, List<ParameterMatrix> matrices) implements StepGroup {

        @Override
        public void precondition(
                ObjDoubleConsumer<ParameterMatrix> products,
                double gradientScale,
                INDArray gradientBuffer,
                INDArray workBuffer) {
            matrices.forEach(matrix -> matrix.gather(gradientScale, matrix.update()));
            block.precondition(matrices.stream().map(ParameterMatrix::update).toList());
            for (ParameterMatrix matrix : matrices) {
                INDArray v = matrix.matrix(gradientBuffer);
                matrix.gather(gradientScale, v);
                products.accept(matrix, matrix.dot(v));
            }
        }
    }
}
