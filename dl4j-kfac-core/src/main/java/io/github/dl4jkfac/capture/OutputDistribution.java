package io.github.dl4jkfac.capture;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossUtil;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossPoisson;

/**
 * The predictive distribution of which a loss is the negative log-likelihood. Draws targets y from it and gives the derivative of
 * the loss at these targets with respect to the output's pre-activations z; its second moment E[g g^T] is the Hessian of the loss
 * in z (for L1 and MAE, whose Hessian vanishes: the Fisher matrix).
 */
abstract class OutputDistribution {

    /**
     * @param z pre-activations [N,C]; not modified
     * @param labels the true labels [N,C]: only the weight of their class is used, where the loss has class weights
     * @param mask label mask [N,1] or [N,C], or null
     * @param random the stream to draw from
     * @return dL/dz at drawn targets, [N,C], a new array
     */
    INDArray sampleDerivative(INDArray z, INDArray labels, INDArray mask, Random random) {
        INDArray gradient = draw(z, labels, mask, random);
        if (mask != null) {
            LossUtil.applyMask(gradient, mask);
        }
        return gradient;
    }

    abstract INDArray draw(INDArray z, INDArray labels, INDArray mask, Random random);

    /** @return null if the loss with this activation is no negative log-likelihood */
    static OutputDistribution of(ILossFunction loss, IActivation activation) {
        Class<?> kind = loss.getClass();
        if (loss instanceof LossMCXENT mcxent && activation instanceof ActivationSoftmax) {
            return new Categorical(activation, mcxent.getWeights());
        }
        if (loss instanceof LossMCXENT mcxent && activation instanceof ActivationIdentity) {
            return new CategoricalOfProbabilities(mcxent.getWeights());
        }
        if (loss instanceof LossBinaryXENT xent && activation instanceof ActivationSigmoid) {
            return new Bernoulli(activation, xent.getWeights());
        }
        // exactly these classes: other losses derive from them and change the formula
        if (kind == LossL2.class || kind == LossMSE.class) {
            return new Gaussian(activation, ((LossL2) loss).getWeights(), kind == LossMSE.class);
        }
        if (kind == LossL1.class || kind == LossMAE.class) {
            return new Laplace(activation, ((LossL1) loss).getWeights(), kind == LossMAE.class);
        }
        return kind == LossPoisson.class ? new Poisson(activation) : null;
    }
}
