package io.github.dl4jkfac.capture.likelihood;

import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossNegativeLogLikelihood;
import org.nd4j.linalg.lossfunctions.impl.LossPoisson;

/**
 * One loss at one point.
 *
 * @param labels at which the loss's Hessian is the generalised Gauss-Newton matrix; null stands for the prediction itself
 */
record LossCase(String name, ILossFunction loss, Activation activation, INDArray z, INDArray labels, INDArray mask) {

    private static final INDArray WEIGHTS = row(0.5, 2, 1.25);

    LossCase(String name, ILossFunction loss, Activation activation, INDArray labels) {
        this(name, loss, activation, row(0.3, -0.8, 1.1), labels, null);
    }

    LossCase withMask(String suffix, INDArray newMask) {
        return new LossCase(name + suffix, loss, activation, z, labels, newMask);
    }

    LossCase at(String suffix, INDArray newZ) {
        return new LossCase(name + suffix, loss, activation, newZ, labels, mask);
    }

    /** The activation function. */
    IActivation function() {
        return activation.getActivationFunction();
    }

    /** The labels, or what stands for them. */
    INDArray target() {
        return labels == null ? function().getActivation(z.dup(), true) : labels;
    }

    @Override
    public String toString() {
        return name;
    }

    static INDArray row(double... values) {
        return Nd4j.createFromArray(values).reshape('c', 1, values.length);
    }

    /** Losses whose Hessian in the pre-activations is to be found. */
    static Stream<LossCase> losses() {
        INDArray second = row(0, 1, 0);
        INDArray perOutput = row(1, 0, 1);
        LossCase crossEntropy = new LossCase("MCXENT", new LossMCXENT(), Activation.SOFTMAX, second);
        LossCase binary = new LossCase("XENT", new LossBinaryXENT(), Activation.SIGMOID, second);
        LossCase squared = new LossCase("MSE", new LossMSE(), Activation.IDENTITY, null);
        LossCase poisson = new LossCase("Poisson, softplus", new LossPoisson(), Activation.SOFTPLUS, null);
        return Stream.of(
                crossEntropy,
                crossEntropy.withMask(", sample masked", row(0)),
                crossEntropy.withMask(", sample not masked", row(1)),
                new LossCase("MCXENT, class weights", new LossMCXENT(WEIGHTS), Activation.SOFTMAX, second),
                new LossCase("NLL", new LossNegativeLogLikelihood(), Activation.SOFTMAX, second),
                new LossCase("NLL, class weights", new LossNegativeLogLikelihood(WEIGHTS), Activation.SOFTMAX, second),
                binary,
                binary.withMask(", outputs masked", perOutput),
                new LossCase("XENT, weights", new LossBinaryXENT(WEIGHTS), Activation.SIGMOID, second),
                squared,
                squared.withMask(", outputs masked", perOutput),
                squared.withMask(", sample masked", row(0)),
                new LossCase("MSE, weights", new LossMSE(WEIGHTS), Activation.IDENTITY, null),
                new LossCase("MSE, tanh", new LossMSE(), Activation.TANH, null),
                new LossCase("MSE, softmax", new LossMSE(), Activation.SOFTMAX, null),
                new LossCase("MSE, softmax, weights", new LossMSE(WEIGHTS), Activation.SOFTMAX, null),
                new LossCase("L2", new LossL2(), Activation.IDENTITY, null),
                new LossCase("L2, weights, tanh", new LossL2(WEIGHTS), Activation.TANH, null),
                new LossCase("L2, sigmoid, outputs masked", new LossL2(), Activation.SIGMOID, null)
                        .withMask("", perOutput),
                new LossCase("L2, softmax", new LossL2(), Activation.SOFTMAX, null),
                poisson,
                poisson.withMask(", outputs masked", perOutput),
                poisson.at(", larger means", row(2, 12, 45)),
                new LossCase("Poisson, identity", new LossPoisson(), Activation.IDENTITY, null)
                        .at(", large means", row(3, 400, 20_000)));
    }

    /** Absolute errors, and 1 / b of their Laplace distributions. */
    static Stream<Arguments> absoluteErrors() {
        INDArray ones = row(1, 1, 1);
        return Stream.of(
                Arguments.of(new LossCase("L1", new LossL1(), Activation.IDENTITY, null), ones),
                Arguments.of(new LossCase("L1, weights", new LossL1(WEIGHTS), Activation.IDENTITY, null), WEIGHTS),
                Arguments.of(new LossCase("L1, tanh", new LossL1(), Activation.TANH, null), ones),
                Arguments.of(new LossCase("MAE", new LossMAE(), Activation.IDENTITY, null), ones.div(3)),
                Arguments.of(
                        new LossCase("MAE, softmax, weights", new LossMAE(WEIGHTS), Activation.SOFTMAX, null),
                        WEIGHTS.div(3)),
                Arguments.of(
                        new LossCase("MAE, outputs masked", new LossMAE(), Activation.IDENTITY, null)
                                .withMask("", row(1, 0, 1)),
                        row(1, 0, 1).div(3)));
    }

    /** Central differences of DL4J's score. */
    INDArray hessian() {
        int n = (int) z.length();
        INDArray hessian = Nd4j.create(DataType.DOUBLE, n, n);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double hi = step(z, i);
                double hj = step(z, j);
                double difference =
                        score(i, hi, j, hj) - score(i, hi, j, -hj) - score(i, -hi, j, hj) + score(i, -hi, j, -hj);
                hessian.putScalar(i, j, difference / (4 * hi * hj));
            }
        }
        return hessian;
    }

    private static double step(INDArray z, int i) {
        return 1e-3 * Math.max(0.3, Math.abs(z.getDouble(i)));
    }

    private double score(int i, double hi, int j, double hj) {
        INDArray moved = z.dup();
        moved.putScalar(i, moved.getDouble(i) + hi);
        moved.putScalar(j, moved.getDouble(j) + hj);
        return loss.computeScore(target(), moved, function(), mask, false);
    }

    /** Row i: derivative of output i. */
    INDArray jacobian() {
        int n = (int) z.length();
        INDArray jacobian = Nd4j.create(DataType.DOUBLE, n, n);
        for (int j = 0; j < n; j++) {
            INDArray up = z.dup();
            INDArray down = z.dup();
            up.putScalar(j, up.getDouble(j) + 1e-5);
            down.putScalar(j, down.getDouble(j) - 1e-5);
            INDArray column = function()
                    .getActivation(up, true)
                    .sub(function().getActivation(down, true))
                    .div(2e-5);
            jacobian.putColumn(j, column.reshape('c', n, 1));
        }
        return jacobian;
    }
}
