package io.github.dl4jkfac.capture;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.lossfunctions.LossUtil;

/** A distribution of independent outputs around o = f(z): g = J_f^T g_o with g_o = dL/do, so E[g g^T] = J_f^T H_o J_f. */
abstract class ElementwiseNoise extends OutputDistribution {

    private final IActivation activation;

    ElementwiseNoise(IActivation activation) {
        this.activation = activation;
    }

    @Override
    final INDArray draw(INDArray z, INDArray labels, INDArray mask, Random random) {
        INDArray output = activation.getActivation(z.dup(), true);
        INDArray atOutput = drawAtOutput(output, random);
        // As in DL4J's losses: with an activation that mixes outputs the mask has to act before its Jacobian too.
        if (mask != null && LossUtil.isPerOutputMasking(atOutput, mask)) {
            LossUtil.applyMask(atOutput, mask);
        }
        return activation.backprop(z.dup(), atOutput).getFirst();
    }

    /** @return dL/do at drawn targets, [N,C] */
    abstract INDArray drawAtOutput(INDArray output, Random random);
}
