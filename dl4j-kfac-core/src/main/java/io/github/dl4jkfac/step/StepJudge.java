package io.github.dl4jkfac.step;

/** Looks at a step before it is taken, and says how much of it is to be taken. */
@FunctionalInterface
public interface StepJudge {

    /**
     * Judges a step without its momentum. It is called when the gradient views of all parts with curvature hold the step
     * d = alpha nu U, which would be subtracted from the parameters.
     *
     * @param descent &lt;d,V&gt;, how much the objective falls to first order
     * @param squaredLength d^T F_d d, the squared length of the step in the metric of the damped curvature
     * @return the share of nu U that enters the step, in [0,1]
     */
    double share(double descent, double squaredLength);
}
