package io.github.dl4jkfac.curvature.rows;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.arrays.Reductions;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Gradients of single samples, for parameters that act unit by unit, such as scales and shifts. Positions have been summed over.
 *
 * @param gradients one matrix [N, dG] for each row of the parameter matrix [k, dG]
 */
public record SampleGradients(List<INDArray> gradients) implements BatchRows {

    /**
     * Copies the list.
     *
     * @param gradients one matrix [N, dG] for each row of the parameter matrix
     */
    public SampleGradients {
        gradients = List.copyOf(gradients);
    }

    @Override
    public long samples() {
        return gradients.get(0).size(0);
    }

    @Override
    public double active() {
        return samples();
    }

    @Override
    public Magnitude magnitude() {
        double sum = gradients.stream().mapToDouble(Finite::sumOfMagnitudes).sum();
        return new Magnitude(0, sum, samples());
    }

    @Override
    public BatchRows joined(int parts) {
        return new SampleGradients(gradients.stream()
                .map(gradient -> Reductions.sum(
                        gradient.dup('f').reshape('f', parts, samples() / parts, gradient.size(1)), false, 0))
                .toList());
    }

    @Override
    public List<INDArray> derivativeMatrices() {
        return gradients;
    }

    @Override
    public BatchRows repeated(int passes, List<INDArray> derivatives) {
        return new SampleGradients(derivatives);
    }

    @Override
    public BatchRows weightsOnly() {
        return new SampleGradients(gradients.subList(0, gradients.size() - 1));
    }

    @Override
    public BatchRows biasOnly() {
        return new SampleGradients(gradients.subList(gradients.size() - 1, gradients.size()));
    }
}
