package io.github.dl4jkfac.samplespace;

import java.util.List;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each sample's gradient a weight of its own, c_n in place of 1 / N: the step is J^T c. Unlike (F + lambda I)^-1 that is no map of
 * gradients, and says nothing of weight decay and clipping. What they have made of the loss's gradient g_l = J_l^T 1 / N in member l
 * is taken as k g_l + rest, with k in [0,1] as large as the part along g_l: k times the step is made, and the rest passes as it
 * is. So clipping shortens the step as it has shortened the gradient, weight decay acts as without curvature, and where the whole
 * gradient vanishes so does the step.
 *
 * <p>Nor is it sure that J^T c leads downhill: damping may make some c_n negative, and coefficients that are reused are old. A step
 * that leads uphill is left out.
 */
final class WeightingRule implements StepRule {

    private static final Logger LOG = LoggerFactory.getLogger(WeightingRule.class);

    private final Function<SampleSystem, INDArray> weights;
    private boolean warned;

    /** @param weights gives the coefficients c, [N,1], for a batch */
    WeightingRule(Function<SampleSystem, INDArray> weights) {
        this.weights = weights;
    }

    @Override
    public void apply(SampleSystem system, List<INDArray> gradients) {
        INDArray coefficients = weights.apply(system);
        double descent = 0;
        for (int i = 0; i < gradients.size(); i++) {
            descent += apply(system, i, coefficients, gradients.get(i));
        }
        if (descent < 0) {
            gradients.forEach(gradient -> gradient.assign(0));
            warn();
        }
    }

    /** Returns the inner product of the step and the gradient, which the step replaces. */
    private static double apply(SampleSystem system, int member, INDArray coefficients, INDArray gradient) {
        try (INDArray mean = system.meanGradient(member, gradient);
                INDArray step = system.transposedTimes(member, coefficients, gradient);
                INDArray before = gradient.dup()) {
            double squared = inner(mean, mean);
            double share = squared > 0 ? Math.min(1, Math.max(0, inner(gradient, mean) / squared)) : 0;
            gradient.addi(step.muli(system.weight(member)).subi(mean).muli(share));
            return inner(gradient, before);
        }
    }

    private static double inner(INDArray a, INDArray b) {
        try (INDArray products = a.mul(b)) {
            return products.sumNumber().doubleValue();
        }
    }

    private void warn() {
        if (!warned) {
            LOG.warn(
                    "A step that leads uphill has been left out. If the loss does not fall, raise the damping. (Said once.)");
            warned = true;
        }
    }
}
