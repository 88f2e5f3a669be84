package io.github.dl4jkfac.capture.likelihood;

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
 * the loss at these targets with respect to the output's pre-activations z; its second moment E[g g^T] is the Hessian H of the loss
 * in z (for L1 and MAE, whose Hessian vanishes: the Fisher matrix). The same without drawing: a matrix B [C,C] for each row, with
 * B B^T = H (Martens 2020). With activations other than the loss's own, H is the Gauss-Newton matrix J_f^T H_o J_f.
 */
public abstract class OutputDistribution {

    /**
     * Draws targets and gives the loss's derivative there.
     *
     * @param z pre-activations [N,C]; not modified
     * @param labels the true labels [N,C]: only the weight of their class is used, where the loss has class weights
     * @param mask label mask [N,1] or [N,C], or null
     * @param random the stream to draw from
     * @return dL/dz at drawn targets, [N,C], a new array
     */
    public INDArray sampleDerivative(INDArray z, INDArray labels, INDArray mask, Random random) {
        return masked(draw(z, labels, mask, random), mask);
    }

    /**
     * Multiplies by B, row by row: with independent entries of variance 1 in v the product's second moment is H, with a unit vector it
     * is a column of B.
     *
     * @param z pre-activations [N,C]; not modified
     * @param labels the true labels [N,C]: only the weight of their class is used, where the loss has class weights
     * @param mask label mask [N,1] or [N,C], or null
     * @param v [N,C]: B has as many columns as there are outputs; not modified
     * @return B v, [N,C], a new array
     */
    public INDArray factor(INDArray z, INDArray labels, INDArray mask, INDArray v) {
        return masked(multiply(z, labels, mask, v), mask);
    }

    /**
     * Multiplies by B^T, row by row. |B^T q|^2 = q^T H q, and B (B^T q) = H q.
     *
     * @param z pre-activations [N,C]; not modified
     * @param labels the true labels [N,C]: only the weight of their class is used, where the loss has class weights
     * @param mask label mask [N,1] or [N,C], or null
     * @param q changes of the pre-activations, [N,C]; not modified
     * @return B^T q, [N,C], a new array
     */
    public INDArray factorTransposed(INDArray z, INDArray labels, INDArray mask, INDArray q) {
        return multiplyTransposed(z, labels, mask, masked(q.dup(), mask));
    }

    private static INDArray masked(INDArray array, INDArray mask) {
        if (mask != null) {
            LossUtil.applyMask(array, mask);
        }
        return array;
    }

    /**
     * What has to be added to DL4J's loss to make its derivative in z the one that DL4J computes: the two differ where labels
     * do not sum to one under softmax.
     *
     * @param z pre-activations [N,C]; not modified
     * @param labels the true labels [N,C]; not modified
     * @param mask label mask [N,1] or [N,C], or null
     * @return the difference, a sum over all rows
     */
    public double beyondLoss(INDArray z, INDArray labels, INDArray mask) {
        return 0;
    }

    /** The derivative at drawn targets, to be masked by the caller; a new array. */
    abstract INDArray draw(INDArray z, INDArray labels, INDArray mask, Random random);

    /** B v, to be masked by the caller; a new array. */
    abstract INDArray multiply(INDArray z, INDArray labels, INDArray mask, INDArray v);

    /** B^T q, where q has been masked by the caller and may be overwritten. */
    abstract INDArray multiplyTransposed(INDArray z, INDArray labels, INDArray mask, INDArray q);

    /**
     * Finds the distribution behind a loss.
     *
     * @param loss without taps
     * @param activation of the output
     * @return null if the loss with this activation is no negative log-likelihood
     */
    public static OutputDistribution of(ILossFunction loss, IActivation activation) {
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
