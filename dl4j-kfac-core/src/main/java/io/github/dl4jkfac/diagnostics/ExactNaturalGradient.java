package io.github.dl4jkfac.diagnostics;

import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The exact damped natural gradient (F + lambda I)^-1 g of one mini-batch, by conjugate gradients: the yardstick for approximations,
 * far too slow to train with. Each iteration takes one product with F: three forward passes and one backward pass in float64.
 */
public final class ExactNaturalGradient {

    private final double damping;
    private final int maxIterations;
    private final double tolerance;

    /**
     * Creates a solver.
     *
     * @param damping lambda, absolute, at least 0
     * @param maxIterations after how many iterations it gives up, at least 1
     * @param tolerance it stops when |g - (F + lambda I) x| is at most this times |g|; at least 0. Below 1e-8 the error of F's products
     *     shows
     * @throws IllegalArgumentException if one of them is out of range
     */
    public ExactNaturalGradient(double damping, int maxIterations, double tolerance) {
        if (!(damping >= 0 && damping < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("Damping must be finite and at least 0, but is " + damping);
        }
        if (maxIterations < 1) {
            throw new IllegalArgumentException("At least 1 iteration is needed, got " + maxIterations);
        }
        if (!(tolerance >= 0)) {
            throw new IllegalArgumentException("Tolerance must be at least 0, but is " + tolerance);
        }
        this.damping = damping;
        this.maxIterations = maxIterations;
        this.tolerance = tolerance;
    }

    /**
     * What the solver has reached.
     *
     * @param direction x ~ (F + lambda I)^-1 g, [1,P] in float64: a step against it decreases the loss
     * @param iterations how many it took
     * @param residual |g - (F + lambda I) x| / |g|, as the iteration keeps it
     */
    public record Solution(INDArray direction, int iterations, double residual) {}

    /**
     * The natural gradient of the batch.
     *
     * @param fisher the Fisher matrix of the mini-batch
     * @return the solution; where the gradient is zero, zero
     */
    public Solution solve(FisherProducts fisher) {
        return solve(fisher, fisher.gradient());
    }

    /**
     * Solves for any right-hand side, such as a gradient with L2.
     *
     * @param fisher the Fisher matrix of the mini-batch
     * @param rightHandSide g, with P elements in the order of the network's parameters; not modified
     * @return the solution; where g is zero, zero
     * @throws IllegalArgumentException if the length is not P
     */
    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    public Solution solve(FisherProducts fisher, INDArray rightHandSide) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray residual = fisher.learned(rightHandSide);
            INDArray x = residual.like();
            INDArray search = residual.dup();
            double first = square(residual);
            double squared = first;
            int iterations = 0;
            while (iterations < maxIterations && squared > tolerance * tolerance * first) {
                // closed at once: ND4J would keep the memory of every iteration until the garbage collector comes
                try (INDArray product = fisher.multiply(search)) {
                    addTo(product, damping, search);
                    double curvature = Nd4j.getBlasWrapper().dot(search, product);
                    if (!(curvature > 0)) {
                        break; // rounding has eaten up what F has in this direction, or something is not finite
                    }
                    double step = squared / curvature;
                    addTo(x, step, search);
                    addTo(residual, -step, product);
                }
                double next = square(residual);
                search.muli(next / squared).addi(residual);
                squared = next;
                iterations++;
            }
            residual.close();
            search.close();
            return new Solution(x, iterations, first == 0 ? 0 : Math.sqrt(squared / first));
        }
    }

    /** {@code target <- target + factor x}. */
    private static void addTo(INDArray target, double factor, INDArray x) {
        Nd4j.getBlasWrapper().level1().axpy(x.length(), factor, x, target);
    }

    private static double square(INDArray vector) {
        double norm = vector.norm2Number().doubleValue();
        return norm * norm;
    }
}
