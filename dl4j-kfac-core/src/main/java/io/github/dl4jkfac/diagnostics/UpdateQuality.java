package io.github.dl4jkfac.diagnostics;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How good an update direction is on one mini-batch, whatever optimiser it comes from (Wu et al. 2024, eq. 15):
 *
 * <pre>q(d) = sqrt(d^T F d) / |d . g|</pre>
 *
 * with the exact Fisher matrix F of the batch and its mean gradient g, without L1 and L2. Lower is better; length and sign of d do not
 * matter. The best decrease of the quadratic model along d is 1 / (2 q(d)^2). The minimum is at d = F^-1 g, with the value
 * (g^T F^-1 g)^(-1/2). Figures of different batches or stages of training are comparable relative to the gradient's own, q(d) / q(g).
 */
public final class UpdateQuality {

    private final FisherProducts fisher;
    private final INDArray gradient;
    private final double ofGradient;

    /**
     * Measures the gradient; two forward passes.
     *
     * @param fisher the Fisher matrix of the mini-batch
     */
    public UpdateQuality(FisherProducts fisher) {
        this.fisher = fisher;
        this.gradient = fisher.gradient();
        this.ofGradient = indicator(gradient);
    }

    /**
     * q(d); two forward passes.
     *
     * @param direction d, with P elements in the order of the network's parameters; not modified
     * @return q(d), positive; infinite for a direction orthogonal to the gradient, NaN for one that changes nothing
     * @throws IllegalArgumentException if the length is not P
     */
    public double indicator(INDArray direction) {
        try (INDArray d = fisher.learned(direction)) {
            return Math.sqrt(fisher.square(d)) / Math.abs(inner(d, gradient));
        }
    }

    /** {@return q(g), of the gradient itself} */
    public double ofGradient() {
        return ofGradient;
    }

    /**
     * q(d) / q(g); two forward passes.
     *
     * @param direction d; not modified
     * @return the indicator relative to the gradient's: below 1 the direction is better than stochastic gradient descent's
     * @throws IllegalArgumentException if the length is not P
     */
    public double relative(INDArray direction) {
        return indicator(direction) / ofGradient;
    }

    /**
     * The cosine of the angle between two directions.
     *
     * @param a a direction; not modified
     * @param b one with as many elements; not modified
     * @return the cosine; NaN if one of them is zero
     */
    public static double cosine(INDArray a, INDArray b) {
        INDArray x = flat(a);
        INDArray y = flat(b);
        return inner(x, y) / (x.norm2Number().doubleValue() * y.norm2Number().doubleValue());
    }

    private static INDArray flat(INDArray vector) {
        return vector.castTo(DataType.DOUBLE).reshape('c', 1, vector.length());
    }

    private static double inner(INDArray a, INDArray b) {
        return Nd4j.getBlasWrapper().dot(a, b);
    }
}
