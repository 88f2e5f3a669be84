package io.github.dl4jkfac.step;

import java.io.Serializable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.BooleanIndexing;
import org.nd4j.linalg.indexing.conditions.Conditions;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * FAdam (Hwang 2024): Adam as natural gradient descent with the diagonal empirical Fisher matrix f, tensor by tensor. With g the
 * mean gradient of the batch, step t = 1, 2, ..., and RMS the root of the mean square over the tensor:
 *
 * <pre>
 * b_t = beta2 (1 - beta2^(t-1)) / (1 - beta2^t)         f &lt;- b_t f + (1 - b_t) g^2
 * e   = min(epsilon, epsilon2 RMS(g))
 * gn  = g / (f^rho + e)          gn &lt;- gn / max(1, RMS(gn) / c)          m &lt;- beta1 m + (1 - beta1) gn
 * wn  = theta / (f^rho + e)      wn &lt;- wn / max(1, RMS(wn) / c)
 * theta &lt;- theta - alpha (m + lambda wn)
 * </pre>
 *
 * <p>Unlike in Adam, momentum averages natural gradients and is not bias-corrected, and weight decay is preconditioned. An entry whose
 * denominator is zero has never had a gradient, and stays as it is.
 *
 * @param beta1 memory of the momentum, in [0,1)
 * @param beta2 memory of the Fisher matrix, in [0,1)
 * @param exponent rho, in (0,1]
 * @param clip c &gt; 0
 * @param epsilon bound of e, &gt; 0
 * @param epsilon2 e as a part of the gradient's RMS, &gt; 0
 * @param weightDecay lambda &gt;= 0
 * @serial exclude
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
public record FisherAdamRule(
        @JsonProperty("beta1") double beta1,
        @JsonProperty("beta2") double beta2,
        @JsonProperty("exponent") double exponent,
        @JsonProperty("clip") double clip,
        @JsonProperty("epsilon") double epsilon,
        @JsonProperty("epsilon2") double epsilon2,
        @JsonProperty("weightDecay") double weightDecay)
        implements Serializable {

    /**
     * Checks the values.
     *
     * @param beta1 in [0,1)
     * @param beta2 in [0,1)
     * @param exponent in (0,1]
     * @param clip &gt; 0
     * @param epsilon &gt; 0
     * @param epsilon2 &gt; 0
     * @param weightDecay &gt;= 0
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public FisherAdamRule {
        Option.share("beta1", beta1);
        Option.share("beta2", beta2);
        Option.require(exponent > 0 && exponent <= 1, "exponent", "in (0, 1]", exponent);
        Option.rate("clip", clip);
        Option.rate("epsilon", epsilon);
        Option.rate("epsilon2", epsilon2);
        Option.notNegative("weightDecay", weightDecay);
    }

    /**
     * Replaces the gradient of one tensor by its direction, m + lambda wn; by NaN if it or its squares are not finite, and then the averages
     * stay as they are.
     *
     * @param gradient g, [n]; mean over the batch; overwritten with the direction
     * @param parameters theta, [n]; not modified
     * @param momentum m, [n]; brought up to date
     * @param fisher f, [n]; brought up to date
     * @param step t, 1 at the first
     * @param work [n]; overwritten
     */
    void apply(INDArray gradient, INDArray parameters, INDArray momentum, INDArray fisher, long step, INDArray work) {
        double keep = beta2 * (1 - Math.pow(beta2, step - 1)) / (1 - Math.pow(beta2, step));
        double size = rms(gradient);
        if (!squaresFit(size, gradient)) {
            gradient.assign(Double.NaN);
            return;
        }
        double e = Math.min(epsilon, epsilon2 * size);
        gradient.muli(gradient, work);
        fisher.muli(keep);
        Nd4j.getBlasWrapper().level1().axpy(fisher.length(), 1 - keep, work, fisher);

        INDArray denominator = power(fisher, work).addi(e);
        // what has never had a gradient stays as it is: zero divided by infinity
        BooleanIndexing.replaceWhere(denominator, Double.POSITIVE_INFINITY, Conditions.lessThan(Float.MIN_NORMAL));
        clip(gradient.divi(denominator));
        momentum.muli(beta1).addi(gradient.muli(1 - beta1));
        gradient.assign(momentum);
        if (weightDecay > 0) {
            gradient.addi(clip(parameters.divi(denominator, work)).muli(weightDecay));
        }
    }

    /** Whether the squares of all entries are finite in their type. */
    private static boolean squaresFit(double rms, INDArray array) {
        double sum = rms * rms * array.length();
        return sum < (array.dataType() == DataType.DOUBLE ? Double.MAX_VALUE : Float.MAX_VALUE);
    }

    /** f^rho. */
    private INDArray power(INDArray fisher, INDArray into) {
        into.assign(fisher);
        return exponent == 0.5 ? Transforms.sqrt(into, false) : Transforms.pow(into, exponent, false);
    }

    /** x / max(1, RMS(x) / c), in place; zero where the squares overflow. */
    private INDArray clip(INDArray x) {
        double excess = rms(x) / clip;
        if (!Double.isFinite(excess)) {
            return x.assign(0);
        }
        return excess > 1 ? x.divi(excess) : x;
    }

    private static double rms(INDArray x) {
        return x.norm2Number().doubleValue() / Math.sqrt(x.length());
    }
}
