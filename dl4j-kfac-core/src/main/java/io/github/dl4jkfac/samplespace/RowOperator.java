package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The part of J that belongs to one matrix of parameters: J_l [N, dA dG], row n the row-major vector of the gradient of sample n. It
 * is applied without being written out. All arrays are of the floating type of the rows; gradients are of the per-sample losses.
 */
interface RowOperator {

    /** {@return N, the number of samples} */
    long samples();

    /**
     * Adds the Gram matrix: {@code K <- K + J_l J_l^T}.
     *
     * @param gram K [N,N], column-major; modified. Only its lower triangle means anything afterwards
     */
    void addGram(INDArray gram);

    /**
     * Multiplies a vector of the parameters' space.
     *
     * @param matrix V [dA,dG]; not modified
     * @return J_l vec(V), the inner products of V and the gradient of each sample, a new array [N,1]
     */
    INDArray times(INDArray matrix);

    /**
     * Multiplies a vector of the samples' space.
     *
     * @param coefficients c [N,1]; not modified
     * @param out [dA,dG], column-major; overwritten with J_l^T c, the sum over the samples of c_n times the gradient of sample n
     */
    void transposedTimes(INDArray coefficients, INDArray out);

    /**
     * Makes the operator of some rows.
     *
     * @param rows one batch; they have to stay valid as long as the operator is used
     * @param shape the matrix of parameters
     * @param solver makes Gram matrices
     * @return the operator
     * @throws IllegalArgumentException if rows of this kind are unknown
     */
    static RowOperator of(BatchRows rows, BlockShape shape, SymmetricSolver solver) {
        if (rows instanceof OuterProductRows outer) {
            // a bias alone has no inputs, whatever layer it belongs to
            return shape.kind() == ParameterKind.DEPTHWISE && shape.inputs() > 0
                    ? new GradientOperator(DepthwiseGradients.of(outer, shape), solver)
                    : new OuterOperator(outer, shape.bias(), solver);
        }
        if (rows instanceof LookupRows lookup) {
            return new LookupOperator(lookup, shape, solver);
        }
        if (rows instanceof SampleGradients gradients) {
            return new GradientOperator(gradients, solver);
        }
        throw new IllegalArgumentException(
                "No Gram matrix is known for rows of type " + rows.getClass().getName());
    }
}
