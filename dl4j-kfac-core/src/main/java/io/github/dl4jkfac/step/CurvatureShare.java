package io.github.dl4jkfac.step;

import io.github.dl4jkfac.step.StepController.Coefficients;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleConsumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The share of a layer whose parameters curvature preconditions.
 *
 * @param worker the worker that DL4J calls
 * @param matrices the parameter matrices that curvature blocks precondition
 * @param gradient DL4J's flat view of the layer's gradient; each step overwrites it with the update
 * @param parameters DL4J's flat view of the layer's parameters; only read
 * @param regulariser adds L1 and L2 to that view
 * @param decay adds the updater's own weight decay to the update, given the learning rate
 * @param isOutput whether the layer's outputs are the network's
 */
public record CurvatureShare(
        NaturalGradientWorker worker,
        List<ParameterMatrix> matrices,
        INDArray gradient,
        INDArray parameters,
        Regulariser regulariser,
        DoubleConsumer decay,
        boolean isOutput)
        implements UpdaterShare {

    /**
     * Copies the list of matrices.
     *
     * @param worker the worker that DL4J calls
     * @param matrices the parameter matrices that curvature blocks precondition
     * @param gradient DL4J's flat view of the layer's gradient
     * @param parameters DL4J's flat view of the layer's parameters
     * @param regulariser adds L1 and L2 to that view
     * @param decay adds the updater's own weight decay to the update
     * @param isOutput whether the layer's outputs are the network's
     */
    public CurvatureShare {
        matrices = List.copyOf(matrices);
    }

    /** Writes U times a factor into the gradient; nothing else changes. */
    void propose(double factor) {
        gradient.assign(0);
        matrices.forEach(matrix -> matrix.propose(factor));
    }

    /** Writes the momentum times a factor into the gradient; nothing else changes. */
    void proposeMomentum(double factor) {
        gradient.assign(0);
        matrices.forEach(matrix -> matrix.proposeMomentum(factor));
    }

    double lengthOfUpdate() {
        double[] lengths = matrices.stream()
                .mapToDouble(matrix -> matrix.update().norm2Number().doubleValue())
                .toArray();
        return Arrays.stream(lengths).reduce(0, Math::hypot);
    }

    /** Multiplies U. */
    void shorten(double factor) {
        matrices.forEach(matrix -> matrix.update().muli(factor));
    }

    @Override
    public List<INDArray> averages() {
        return matrices.stream().map(ParameterMatrix::momentum).toList();
    }

    /** Parameters that no block covers stay as they are. */
    @Override
    public void write(double gradientScale, double klScale, Coefficients coefficients, double rate) {
        if (matrices.stream().mapToLong(ParameterMatrix::length).sum() < gradient.length()) {
            gradient.assign(0);
        }
        for (ParameterMatrix matrix : matrices) {
            matrix.write(coefficients.share() * klScale, coefficients.momentum());
        }
        gradient.muli(rate);
        decay.accept(rate);
    }
}
