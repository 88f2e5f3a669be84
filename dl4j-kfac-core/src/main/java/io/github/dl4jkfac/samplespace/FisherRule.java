package io.github.dl4jkfac.samplespace;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Applies (F + Lambda)^-1 with F = J^T J / N and Lambda = lambda_l I in member l, by Woodbury's identity: with r_l = lambda / lambda_l,
 * M = sum_l r_l J_l J_l^T + N lambda I and any v
 *
 * <pre>  (F + Lambda)^-1 v = r (v - J^T M^-1 J r v) / lambda,      (F + Lambda)^-1 J^T 1 / N = r J^T M^-1 1.</pre>
 *
 * <p>The second form, where it applies, loses no digits to the difference in the first, however small lambda is. So where the rows'
 * mean is the loss's gradient, the gradient is taken apart: J^T 1 / N, and the remainder that weight decay or clipping has made. A
 * remainder as small as rounding is taken for that; one that is hardly larger counts for little, since 1 / lambda makes much of it
 * and nothing may hang on the last digit.
 */
final class FisherRule implements StepRule {

    private final boolean ownRows;

    /** @param ownRows whether the rows' mean is the loss's gradient */
    FisherRule(boolean ownRows) {
        this.ownRows = ownRows;
    }

    @Override
    public void apply(SampleSystem system, List<INDArray> gradients) {
        INDArray coefficients = null;
        double remains = 1;
        if (ownRows) {
            coefficients = system.solve(system.ones());
            remains = takeOutMeans(system, gradients);
        }
        if (remains > 0) {
            scale(gradients, remains);
            INDArray projected = system.solve(system.weightedTimes(gradients)).divi(-system.damping());
            coefficients = coefficients == null ? projected : coefficients.addi(projected);
        }
        for (int i = 0; i < gradients.size(); i++) {
            INDArray gradient = gradients.get(i);
            try (INDArray inSpan = system.transposedTimes(i, coefficients, gradient)) {
                gradient.muli(remains > 0 ? 1 / system.damping() : 0)
                        .addi(inSpan)
                        .muli(system.weight(i));
            }
        }
    }

    /**
     * Subtracts J^T 1 / N.
     *
     * @return what part of the remainder to go on with: 0 if it is no more than rounding, from there on rising to 1 without a jump
     */
    private static double takeOutMeans(SampleSystem system, List<INDArray> gradients) {
        double before = squaredNorm(gradients);
        for (int i = 0; i < gradients.size(); i++) {
            try (INDArray mean = system.meanGradient(i, gradients.get(i))) {
                gradients.get(i).subi(mean);
            }
        }
        double rounding = Rounding.ofGradients(gradients.get(0).dataType());
        return Math.max(0, 1 - rounding * rounding * before / squaredNorm(gradients)); // a NaN of 0 / 0 remains one
    }

    private static void scale(List<INDArray> matrices, double factor) {
        if (factor < 1) {
            matrices.forEach(matrix -> matrix.muli(factor));
        }
    }

    private static double squaredNorm(List<INDArray> matrices) {
        return matrices.stream()
                .mapToDouble(matrix -> Math.pow(matrix.norm2Number().doubleValue(), 2))
                .sum();
    }
}
