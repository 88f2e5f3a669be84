package io.github.dl4jkfac.capture.likelihood;

import io.github.dl4jkfac.arrays.Reductions;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.any.IsMax;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossUtil;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Softmax with cross-entropy: y is one class drawn from p, g = p - y, E[g g^T] = diag(p) - p p^T. */
final class Categorical extends OutputDistribution {

    private static final double SUMS_TO_ONE = 1e-5;

    private final IActivation softmax;
    private final INDArray classWeights;

    /** @param classWeights [1,C] or null; a sample weighs as its true class does, so g is scaled by the root of that weight */
    Categorical(IActivation softmax, INDArray classWeights) {
        this.softmax = softmax;
        this.classWeights = classWeights;
    }

    @Override
    INDArray draw(INDArray z, INDArray labels, INDArray mask, Random random) {
        INDArray p = softmax.getActivation(z.dup(), true);
        INDArray gradient = p.subi(drawClasses(z, random));
        return weighted(gradient, labels, classWeights);
    }

    /** B = diag(sqrt p) - p sqrt(p)^T. */
    @Override
    INDArray multiply(INDArray z, INDArray labels, INDArray mask, INDArray v) {
        INDArray p = softmax.getActivation(z.dup(), true);
        INDArray product = Transforms.sqrt(p, true).muli(v);
        INDArray sums = Reductions.sum(product, true, 1);
        return weighted(product.subi(p.muliColumnVector(sums)), labels, classWeights);
    }

    @Override
    INDArray multiplyTransposed(INDArray z, INDArray labels, INDArray mask, INDArray q) {
        INDArray p = softmax.getActivation(z.dup(), true);
        INDArray means = Reductions.sum(p.mul(q), true, 1);
        return weighted(Transforms.sqrt(p, false).muli(q.subiColumnVector(means)), labels, classWeights);
    }

    /** DL4J's derivative p - y is that of log sum exp z - y z; its loss is log sum exp z times the sum of y, minus y z. */
    @Override
    public double beyondLoss(INDArray z, INDArray labels, INDArray mask) {
        if (classWeights != null) {
            return 0; // which the derivative knows how to treat
        }
        INDArray rest = Reductions.sum(labels.castTo(z.dataType()), true, 1).rsubi(1);
        if (rest.amaxNumber().doubleValue() < SUMS_TO_ONE) {
            return 0;
        }
        INDArray largest = Reductions.max(z, true, 1);
        INDArray logSums = Transforms.log(
                        Reductions.sum(Transforms.exp(z.subColumnVector(largest), false), true, 1), false)
                .addi(largest);
        INDArray products = logSums.muli(rest);
        if (mask != null) {
            LossUtil.applyMask(products, mask.isColumnVectorOrScalar() ? mask : Reductions.max(mask, true, 1));
        }
        return products.sumNumber().doubleValue();
    }

    /** A sample weighs as its true class does. */
    static INDArray weighted(INDArray gradient, INDArray labels, INDArray classWeights) {
        if (classWeights != null) {
            INDArray types = labels.castTo(gradient.dataType());
            INDArray weights = Reductions.sum(types.mulRowVector(classWeights.castTo(gradient.dataType())), true, 1);
            gradient.muliColumnVector(Transforms.sqrt(weights, false));
        }
        return gradient;
    }

    /** One-hot classes by the Gumbel trick: argmax(z - log(-log u)) is distributed as softmax(z). */
    static INDArray drawClasses(INDArray z, Random random) {
        INDArray noise = Nd4j.rand(random, z.shape()).castTo(z.dataType());
        Transforms.log(noise, false).negi();
        Transforms.log(noise, false).negi();
        INDArray oneHot = Nd4j.createUninitialized(z.dataType(), z.shape(), 'c');
        Nd4j.exec(new IsMax(noise.addi(z), oneHot, 1));
        return oneHot;
    }
}
