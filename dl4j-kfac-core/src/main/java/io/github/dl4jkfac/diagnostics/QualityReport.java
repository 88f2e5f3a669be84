package io.github.dl4jkfac.diagnostics;

/**
 * How good one step of training was, on its own mini-batch; everything without L1, L2, dropout and noise.
 *
 * @param iteration DL4J's iteration count at the step
 * @param epoch DL4J's epoch count at the step
 * @param loss the loss before the step, a mean over the batch
 * @param indicator q(d) of the step d (Wu et al. 2024, eq. 15); lower is better
 * @param gradientIndicator q(g) of the gradient g
 * @param naturalIndicator q of the exact damped natural gradient; NaN if it was not computed
 * @param cosineToGradient cosine between the step and the descent along the gradient
 * @param cosineToNatural cosine between the step and the descent along the exact damped natural gradient; NaN if it was not computed
 * @param cgIterations how many iterations the conjugate gradients took; 0 if they did not run
 * @param cgResidual the residual that they left, relative to |g|; NaN if they did not run
 * @param nanos nanoseconds that the measurement took
 */
public record QualityReport(
        int iteration,
        int epoch,
        double loss,
        double indicator,
        double gradientIndicator,
        double naturalIndicator,
        double cosineToGradient,
        double cosineToNatural,
        int cgIterations,
        double cgResidual,
        long nanos) {

    /** {@return q(d) / q(g): below 1 the step's direction was better than the gradient's} */
    public double relative() {
        return indicator / gradientIndicator;
    }

    /** {@return the same of the exact damped natural gradient, the best that can be had; NaN if it was not computed} */
    public double relativeOfNatural() {
        return naturalIndicator / gradientIndicator;
    }
}
