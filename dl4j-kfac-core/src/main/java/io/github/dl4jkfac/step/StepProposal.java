package io.github.dl4jkfac.step;

import java.util.List;

/**
 * A step that has been computed and not yet taken: for each matrix of parameters the gradient V ({@link ParameterMatrix#gather}), the
 * preconditioned gradient U ({@link ParameterMatrix#update}) and the last step ({@link ParameterMatrix#momentum}, in units of the
 * learning rate).
 *
 * @param matrices all matrices with curvature
 * @param gradientScale factor that turns DL4J's gradient into a mean over the batch
 * @param descent &lt;d,V&gt; of d = alpha nu U, how much the objective falls to first order
 * @param squaredLength d^T F_d d, the squared length of d in the metric of the damped curvature
 * @param direction writes d, which would be subtracted from the parameters, in place of V into DL4J's gradient views of all
 *     parameters with curvature
 */
public record StepProposal(
        List<ParameterMatrix> matrices,
        double gradientScale,
        double descent,
        double squaredLength,
        Runnable direction) {}
