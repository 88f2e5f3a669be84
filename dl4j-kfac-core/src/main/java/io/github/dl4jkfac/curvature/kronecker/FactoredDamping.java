package io.github.dl4jkfac.curvature.kronecker;

/**
 * Factored Tikhonov damping (Martens and Grosse 2015, sec. 6.3): A + pi gamma I and G + (gamma / pi) I instead of
 * A x G + gamma^2 I, with pi from the trace norm.
 *
 * @param onInputs shift of A, pi gamma
 * @param onOutputs shift of G, gamma / pi
 */
public record FactoredDamping(double onInputs, double onOutputs) {

    /**
     * Divides a damping between two factors, in equal shares where a trace is zero.
     *
     * @param lambda damping of the whole block, gamma squared
     * @param meanDiagonalInputs tr A / dA
     * @param meanDiagonalOutputs tr G / dG
     * @return the shifts of both factors
     */
    public static FactoredDamping of(double lambda, double meanDiagonalInputs, double meanDiagonalOutputs) {
        double gamma = Math.sqrt(lambda);
        double pi = Math.sqrt(meanDiagonalInputs / meanDiagonalOutputs);
        // A zero trace (a dead layer) leaves pi undefined; equal shares are as good as any then.
        if (!(pi > 0) || Double.isInfinite(pi)) {
            pi = 1;
        }
        return new FactoredDamping(pi * gamma, gamma / pi);
    }
}
