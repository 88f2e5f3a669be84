package io.github.dl4jkfac.capture.likelihood;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.lossfunctions.LossUtil;

/**
 * A distribution of independent outputs around o = f(z): g = J_f^T g_o with g_o = dL/do, so E[g g^T] = J_f^T H_o J_f and
 * B = J_f^T H_o^(1/2), H_o being diagonal.
 */
abstract class ElementwiseNoise extends OutputDistribution {

    private final IActivation activation;
    private final ActivationJacobian jacobian;

    ElementwiseNoise(IActivation activation) {
        this.activation = activation;
        this.jacobian = new ActivationJacobian(activation);
    }

    @Override
    final INDArray draw(INDArray z, INDArray labels, INDArray mask, Random random) {
        return jacobian.transposed(z, masked(drawAtOutput(output(z), random), mask));
    }

    @Override
    final INDArray multiply(INDArray z, INDArray labels, INDArray mask, INDArray v) {
        return jacobian.transposed(z, masked(scaled(v.dup(), output(z)), mask));
    }

    @Override
    final INDArray multiplyTransposed(INDArray z, INDArray labels, INDArray mask, INDArray q) {
        return scaled(masked(jacobian.times(z, q), mask), output(z));
    }

    private INDArray output(INDArray z) {
        return activation.getActivation(z.dup(), true);
    }

    /** As in DL4J's losses: with an activation that mixes outputs the mask has to act before its Jacobian too. */
    private static INDArray masked(INDArray atOutput, INDArray mask) {
        if (mask != null && LossUtil.isPerOutputMasking(atOutput, mask)) {
            LossUtil.applyMask(atOutput, mask);
        }
        return atOutput;
    }

    /** @return dL/do at drawn targets, [N,C] */
    abstract INDArray drawAtOutput(INDArray output, Random random);

    /**
     * H_o^(1/2) v.
     *
     * @param v [N,C]; overwritten
     * @param output o, [N,C]; not modified
     * @return v
     */
    abstract INDArray scaled(INDArray v, INDArray output);
}
