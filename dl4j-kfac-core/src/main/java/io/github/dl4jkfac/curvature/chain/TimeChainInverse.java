package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The inverse of a chain model, in the state's slices. With L_a, L_g the modes of the two sides and Y the gains,
 *
 * <pre>
 *   U = L_a [(L_a^T V L_g) * Y] L_g^T                                      (option 1)
 *   V' = V - Psi_a^T V Psi_g,  U' = L_a [(L_a^T V' L_g) * Y] L_g^T,
 *   U = U' - Psi_a U' Psi_g^T                                              (option 2)
 * </pre>
 *
 * <p>The second is the inverse of Martens, Ba and Johnson (2018, option 2), (I - H^T)(I - H H^T)^-1 (I - H) between V_0^-1/2,
 * with the outer square roots drawn through: V_0^-1/2 H V_0^1/2 = Psi_a x Psi_g, Psi = M_0^-1 M_1. It saves a third of the products and
 * the memory of the square roots.
 */
final class TimeChainInverse {

    private static final String TRANSITION_OF_INPUTS = "A_inverse_transition";
    private static final String TRANSITION_OF_OUTPUTS = "G_inverse_transition";

    private final ModalInverse modes;
    private final INDArray transitionOfInputs;
    private final INDArray transitionOfOutputs;
    private final SymmetricSolver solver;

    TimeChainInverse(BlockState state, boolean transitions, SymmetricSolver solver) {
        this.modes = new ModalInverse(state, solver);
        this.transitionOfInputs = transitions ? state.get(TRANSITION_OF_INPUTS) : null;
        this.transitionOfOutputs = transitions ? state.get(TRANSITION_OF_OUTPUTS) : null;
        this.solver = solver;
    }

    static List<Slice> slices(BlockShape shape, boolean transitions) {
        int dA = shape.inputDimension();
        int dG = shape.outputs();
        List<Slice> slices = new ArrayList<>(ModalInverse.slices(shape));
        if (transitions) {
            slices.add(Slice.derived(TRANSITION_OF_INPUTS, dA, dA));
            slices.add(Slice.derived(TRANSITION_OF_OUTPUTS, dG, dG));
        }
        return slices;
    }

    /** An inverse that is not yet in force. */
    record Parts(Modes inputs, Modes outputs, INDArray gains) {

        boolean areFinite() {
            return inputs.isFinite() && outputs.isFinite() && Finite.isFinite(gains);
        }
    }

    Parts parts(Modes inputs, Modes outputs, DoubleBinaryOperator gain) {
        return new Parts(inputs, outputs, modes.gains(inputs.values(), outputs.values(), gain));
    }

    /** Replaces the inverse. */
    void set(Parts parts) {
        modes.set(parts.inputs().vectors(), parts.outputs().vectors(), parts.gains());
        if (transitionOfInputs != null) {
            solver.copyMatrix(parts.inputs().transition(), transitionOfInputs);
            solver.copyMatrix(parts.outputs().transition(), transitionOfOutputs);
        }
    }

    /** Replaces the inverse by that of lag 0 alone. */
    void setIndependent(INDArray whiteningOfInputs, INDArray whiteningOfOutputs) {
        modes.setProduct(whiteningOfInputs, whiteningOfOutputs);
        if (transitionOfInputs != null) {
            transitionOfInputs.assign(0);
            transitionOfOutputs.assign(0);
        }
    }

    void precondition(INDArray gradient, INDArray work, INDArray out) {
        if (transitionOfInputs == null) {
            modes.apply(gradient, work, out);
            return;
        }
        solver.copyMatrix(gradient, out);
        Products.multiplyTransposed(transitionOfInputs, gradient, work, 1, 0);
        Products.multiply(work, transitionOfOutputs, out, -1, 1);
        modes.apply(out, work, out);
        Products.multiply(transitionOfInputs, out, work, 1, 0);
        Products.multiplyByTransposed(work, transitionOfOutputs, out, -1, 1);
    }
}
