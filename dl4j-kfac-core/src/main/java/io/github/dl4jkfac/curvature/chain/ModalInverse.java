package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The inverse of a sum of Kronecker products that share their modes, U = L_a [(L_a^T V L_g) * Y] L_g^T with L_a, L_g the modes of the
 * two sides and Y the gains, in slices of the state.
 */
final class ModalInverse {

    private static final String MODES_OF_INPUTS = "A_inverse_modes";
    private static final String MODES_OF_OUTPUTS = "G_inverse_modes";
    private static final String GAINS = "inverse_gains";

    private final INDArray modesOfInputs;
    private final INDArray modesOfOutputs;
    private final INDArray gains;
    private final SymmetricSolver solver;

    ModalInverse(BlockState state, SymmetricSolver solver) {
        this.modesOfInputs = state.get(MODES_OF_INPUTS);
        this.modesOfOutputs = state.get(MODES_OF_OUTPUTS);
        this.gains = state.get(GAINS);
        this.solver = solver;
    }

    static List<Slice> slices(BlockShape shape) {
        int dA = shape.inputDimension();
        int dG = shape.outputs();
        return List.of(
                Slice.derived(MODES_OF_INPUTS, dA, dA),
                Slice.derived(MODES_OF_OUTPUTS, dG, dG),
                Slice.derived(GAINS, dA, dG));
    }

    /** Y: the gain of each pair of values, a new array [dA,dG]. */
    INDArray gains(double[] inputs, double[] outputs, DoubleBinaryOperator gain) {
        double[] table = new double[inputs.length * outputs.length];
        int at = 0;
        for (double g : outputs) {
            for (double a : inputs) {
                table[at++] = gain.applyAsDouble(a, g);
            }
        }
        return Nd4j.create(table, gains.shape(), 'f').castTo(gains.dataType());
    }

    /**
     * Replaces the inverse.
     *
     * @param inputs L_a, [dA,dA]
     * @param outputs L_g, [dG,dG]
     * @param newGains Y, positive, [dA,dG]
     */
    void set(INDArray inputs, INDArray outputs, INDArray newGains) {
        solver.copyMatrix(inputs, modesOfInputs);
        solver.copyMatrix(outputs, modesOfOutputs);
        solver.copyMatrix(newGains, gains);
    }

    /** Replaces the inverse by that of a single Kronecker product. */
    void setProduct(INDArray whiteningOfInputs, INDArray whiteningOfOutputs) {
        solver.copyMatrix(whiteningOfInputs, modesOfInputs);
        solver.copyMatrix(whiteningOfOutputs, modesOfOutputs);
        gains.assign(1);
    }

    /**
     * @param v V, [dA,dG]; not modified unless it is also {@code out}
     * @param work [dA,dG], overwritten
     * @param out [dA,dG], overwritten with U; may be {@code v}
     */
    void apply(INDArray v, INDArray work, INDArray out) {
        Products.multiplyTransposed(modesOfInputs, v, work, 1, 0);
        Products.multiply(work, modesOfOutputs, out, 1, 0);
        out.muli(gains);
        Products.multiply(modesOfInputs, out, work, 1, 0);
        Products.multiplyByTransposed(work, modesOfOutputs, out, 1, 0);
    }
}
