package io.github.dl4jkfac.step;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One layer's share of a step: what DL4J asks one worker for.
 *
 * @param worker the worker that DL4J calls
 * @param matrices the curvature blocks behind it
 * @param gradient DL4J's flat view of the layer's gradient; each step overwrites it with the update
 * @param regulariser adds L1 and L2 to that view
 */
public record StepPart(
        NaturalGradientWorker worker, List<PartMatrix> matrices, INDArray gradient, Regulariser regulariser) {

    /**
     * Copies the list of blocks.
     *
     * @param worker the worker that DL4J calls
     * @param matrices the curvature blocks behind it
     * @param gradient DL4J's flat view of the layer's gradient
     * @param regulariser adds L1 and L2 to that view
     */
    public StepPart {
        matrices = List.copyOf(matrices);
    }

    long largest() {
        return matrices.stream().mapToLong(PartMatrix::length).max().orElse(0);
    }

    /** U = F_d^-1 V in all blocks; the sum of the inner products &lt;U,V&gt;. */
    double precondition(double gradientScale, INDArray gradientBuffer, INDArray workBuffer) {
        return matrices.stream()
                .mapToDouble(matrix -> matrix.precondition(gradient, gradientScale, gradientBuffer, workBuffer))
                .sum();
    }

    /** m &lt;- mu m + nu U; gradient &lt;- alpha m. Parameters that no block covers stay as they are. */
    void write(double klScale, double rate) {
        if (matrices.stream().mapToLong(PartMatrix::length).sum() < gradient.length()) {
            gradient.assign(0);
        }
        for (PartMatrix matrix : matrices) {
            matrix.write(worker.hyperparameters().momentum(), klScale, gradient);
        }
        gradient.muli(rate);
    }
}
