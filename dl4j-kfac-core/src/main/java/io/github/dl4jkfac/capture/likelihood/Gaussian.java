package io.github.dl4jkfac.capture.likelihood;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Squared error sum_i c_i (o_i - y_i)^2: y is Gaussian around o with variance 1 / (2 c_i), g_o = sqrt(2 c_i) eps, H_o = diag(2 c). */
final class Gaussian extends ElementwiseNoise {

    private final INDArray outputWeights;
    private final boolean meanOverOutputs;

    /**
     * @param outputWeights [1,C] or null for ones
     * @param meanOverOutputs whether the loss is divided by C (MSE) or not (L2)
     */
    Gaussian(IActivation activation, INDArray outputWeights, boolean meanOverOutputs) {
        super(activation);
        this.outputWeights = outputWeights;
        this.meanOverOutputs = meanOverOutputs;
    }

    @Override
    INDArray drawAtOutput(INDArray output, Random random) {
        return scaled(Nd4j.randn(random, output.shape()).castTo(output.dataType()), output);
    }

    @Override
    INDArray scaled(INDArray v, INDArray output) {
        double c = meanOverOutputs ? 1.0 / output.size(1) : 1.0;
        v.muli(Math.sqrt(2 * c));
        return outputWeights == null
                ? v
                : v.muliRowVector(Transforms.sqrt(outputWeights.castTo(output.dataType()), true));
    }
}
