package io.github.dl4jkfac.capture.likelihood;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Cross-entropy on outputs that are probabilities already, since a layer of its own applies the softmax: y is one class drawn from
 * p, g = -y / p, E[g g^T] = diag(1 / p).
 */
final class CategoricalOfProbabilities extends OutputDistribution {

    /** DL4J's own bound: its loss sees no probability below this. */
    private static final double SMALLEST = 1e-10;

    private final INDArray classWeights;

    /** @param classWeights [1,C] or null; a sample weighs as its true class does */
    CategoricalOfProbabilities(INDArray classWeights) {
        this.classWeights = classWeights;
    }

    @Override
    INDArray draw(INDArray z, INDArray labels, INDArray mask, Random random) {
        INDArray p = probabilities(z);
        INDArray classes = Categorical.drawClasses(Transforms.log(p, true), random);
        return Categorical.weighted(classes.divi(p).negi(), labels, classWeights);
    }

    private static INDArray probabilities(INDArray z) {
        return Transforms.max(z, SMALLEST, true);
    }

    /** B = diag(1 / sqrt p). */
    @Override
    INDArray multiply(INDArray z, INDArray labels, INDArray mask, INDArray v) {
        INDArray roots = Transforms.sqrt(probabilities(z), false);
        return Categorical.weighted(v.div(roots), labels, classWeights);
    }

    @Override
    INDArray multiplyTransposed(INDArray z, INDArray labels, INDArray mask, INDArray q) {
        return multiply(z, labels, mask, q);
    }
}
