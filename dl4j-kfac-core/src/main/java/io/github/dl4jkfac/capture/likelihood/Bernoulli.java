package io.github.dl4jkfac.capture.likelihood;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Sigmoid with binary cross-entropy: y_i = [u &lt; p_i], g = p - y, E[g g^T] = diag(p (1 - p)). */
final class Bernoulli extends OutputDistribution {

    private final IActivation sigmoid;
    private final INDArray outputWeights;

    /** @param outputWeights [1,C] or null; the Hessian of output i carries w_i, so g its root */
    Bernoulli(IActivation sigmoid, INDArray outputWeights) {
        this.sigmoid = sigmoid;
        this.outputWeights = outputWeights;
    }

    @Override
    INDArray draw(INDArray z, INDArray labels, INDArray mask, Random random) {
        INDArray p = sigmoid.getActivation(z.dup(), true);
        INDArray uniform = Nd4j.rand(random, z.shape()).castTo(z.dataType());
        return weighted(p.subi(uniform.lt(p).castTo(z.dataType())));
    }

    /** B = diag(sqrt(w p (1 - p))). */
    @Override
    INDArray multiply(INDArray z, INDArray labels, INDArray mask, INDArray v) {
        INDArray p = sigmoid.getActivation(z.dup(), true);
        INDArray variance = p.rsub(1).muli(p);
        return weighted(Transforms.sqrt(variance, false).muli(v));
    }

    @Override
    INDArray multiplyTransposed(INDArray z, INDArray labels, INDArray mask, INDArray q) {
        return multiply(z, labels, mask, q);
    }

    private INDArray weighted(INDArray derivatives) {
        return outputWeights == null
                ? derivatives
                : derivatives.muliRowVector(Transforms.sqrt(outputWeights.castTo(derivatives.dataType()), true));
    }
}
