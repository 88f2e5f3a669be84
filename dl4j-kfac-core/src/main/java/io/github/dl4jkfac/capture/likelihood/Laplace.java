package io.github.dl4jkfac.capture.likelihood;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;

/** Absolute error sum_i w_i |o_i - y_i|: y is Laplace around o, so the sign of o - y is a fair coin and g_o = +-w_i, E[g_o g_o^T] = diag(w^2). */
final class Laplace extends ElementwiseNoise {

    private final INDArray outputWeights;
    private final boolean meanOverOutputs;

    /**
     * @param outputWeights [1,C] or null for ones
     * @param meanOverOutputs whether the loss is divided by C (MAE) or not (L1)
     */
    Laplace(IActivation activation, INDArray outputWeights, boolean meanOverOutputs) {
        super(activation);
        this.outputWeights = outputWeights;
        this.meanOverOutputs = meanOverOutputs;
    }

    @Override
    INDArray drawAtOutput(INDArray output, Random random) {
        INDArray heads = Nd4j.rand(random, output.shape()).gt(0.5).castTo(output.dataType());
        return scaled(heads.muli(2).subi(1), output);
    }

    @Override
    INDArray scaled(INDArray v, INDArray output) {
        if (meanOverOutputs) {
            v.divi(output.size(1));
        }
        return outputWeights == null ? v : v.muliRowVector(outputWeights.castTo(output.dataType()));
    }
}
