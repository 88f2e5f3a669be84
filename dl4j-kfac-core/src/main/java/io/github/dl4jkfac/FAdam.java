package io.github.dl4jkfac;

import io.github.dl4jkfac.state.TensorState;
import io.github.dl4jkfac.step.FisherAdamRule;
import io.github.dl4jkfac.step.FisherAdamWorker;
import io.github.dl4jkfac.step.Option;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * FAdam (Hwang 2024) as a Deeplearning4j updater: Adam taken at its word as natural gradient descent with the diagonal empirical
 * Fisher matrix. The natural gradient is clipped by its root mean square and then enters the momentum, which is not bias-corrected;
 * epsilon follows the size of the gradient; weight decay is preconditioned like the gradient. With g the mean gradient of a batch,
 * tensor by tensor:
 *
 * <pre>
 * b_t = beta2 (1 - beta2^(t-1)) / (1 - beta2^t)         f &lt;- b_t f + (1 - b_t) g^2
 * e   = epsilon min(1, RMS(g))
 * gn  = g / (f^rho + e)          gn &lt;- gn / max(1, RMS(gn) / c)          m &lt;- beta1 m + (1 - beta1) gn
 * wn  = theta / (f^rho + e)      wn &lt;- wn / max(1, RMS(wn) / c)
 * theta &lt;- theta - alpha (m + lambda wn)
 * </pre>
 *
 * <p>It serves the parameters of every layer, needs no more memory than Adam, and nothing but the gradient. The matrix is a Fisher
 * matrix where the loss is a negative log-likelihood, such as cross-entropy with softmax.
 *
 * <p>{@link KFacListener#attach} tells it where Deeplearning4j's flat views hold which tensor, and what the parameters are.
 */
public final class FAdam extends NaturalGradientUpdater {

    /** Default alpha. */
    public static final double DEFAULT_LEARNING_RATE = 1e-3;
    /** Default beta1, the memory of the momentum. */
    public static final double DEFAULT_BETA1 = 0.9;
    /** Default beta2, the memory of the Fisher matrix. */
    public static final double DEFAULT_BETA2 = 0.999;
    /** Default rho, the exponent of the Fisher matrix: its square root, as in Adam. */
    public static final double DEFAULT_EXPONENT = 0.5;
    /** Default c, the bound of the natural gradient's root mean square. */
    public static final double DEFAULT_CLIP = 1;
    /** Default epsilon. */
    public static final double DEFAULT_EPSILON = 1e-8;
    /** Default lambda, the coefficient of weight decay. */
    public static final double DEFAULT_WEIGHT_DECAY = 1e-3;

    private static final long serialVersionUID = 1L;

    /** All options but the learning rate. */
    private FisherAdamRule rule;

    /** FAdam with the defaults. */
    public FAdam() {
        this(builder());
    }

    private FAdam(Builder builder) {
        super(builder.draft.checked("FAdam"), null);
        rule = builder.rule();
    }

    /** {@return a builder that holds the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return a builder that holds the options of this updater} */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.take(this);
        builder.take(rule);
        return builder;
    }

    /** {@return beta1, the memory of the momentum, in [0,1)} */
    public double beta1() {
        return rule.beta1();
    }

    /** {@return beta2, the memory of the Fisher matrix, in [0,1)} */
    public double beta2() {
        return rule.beta2();
    }

    /** {@return rho, the exponent of the Fisher matrix, in (0,1]} */
    public double exponent() {
        return rule.exponent();
    }

    /** {@return c, the bound of the natural gradient's root mean square} */
    public double clip() {
        return rule.clip();
    }

    /** {@return epsilon, the upper bound of e} */
    public double epsilon() {
        return rule.epsilon();
    }

    /** {@return epsilon2, e as a part of the gradient's root mean square; the same as epsilon unless it has been set apart} */
    public double epsilon2() {
        return rule.epsilon2();
    }

    /** {@return lambda, the coefficient of weight decay} */
    public double weightDecay() {
        return rule.weightDecay();
    }

    @Override
    boolean usesFallback() {
        return false;
    }

    @Override
    void requireSound() {
        super.requireSound();
        Option.choice("rule", rule);
    }

    /** Without a value of its own epsilon2 is epsilon. */
    @Override
    NaturalGradientUpdater defaultsBeside(JsonNode given) {
        JsonNode epsilon = given.path("rule").path("epsilon");
        return epsilon.isNumber() ? new Builder().epsilon(epsilon.asDouble()).build() : this;
    }

    @Override
    UpdaterMethod method() {
        return new FAdamMethod(this);
    }

    @Override
    long stateSizeWithoutCurvature(long numParams) {
        return TensorState.size(numParams, layout().isWholeMultiple());
    }

    @Override
    GradientUpdater<?> withoutCurvature(INDArray viewArray, boolean initializeViewArray) {
        return new FisherAdamWorker(this, hyperparameters(), rule, layout().layer(), viewArray, initializeViewArray);
    }

    @Override
    List<Object> options() {
        return List.of(rule);
    }

    @Override
    public FAdam clone() {
        return (FAdam) super.clone();
    }

    /** Collects options; {@link #build()} checks them. Options that are not set keep the defaults of {@link FAdam}. */
    public static final class Builder extends UpdaterBuilder<Builder> {

        private double beta1 = DEFAULT_BETA1;
        private double beta2 = DEFAULT_BETA2;
        private double exponent = DEFAULT_EXPONENT;
        private double clip = DEFAULT_CLIP;
        private double epsilon = DEFAULT_EPSILON;
        private double epsilon2 = Double.NaN;
        private double weightDecay = DEFAULT_WEIGHT_DECAY;

        private Builder() {
            draft.learningRate = DEFAULT_LEARNING_RATE;
            draft.momentum = 0;
            draft.damping = 0.0;
            draft.klClip = 0.0;
            draft.statisticsInterval = 1;
            draft.inverseInterval = 1;
            draft.statisticsDecay = 0;
        }

        @Override
        Builder self() {
            return this;
        }

        private void take(FisherAdamRule rule) {
            beta1 = rule.beta1();
            beta2 = rule.beta2();
            exponent = rule.exponent();
            clip = rule.clip();
            epsilon = rule.epsilon();
            epsilon2 = rule.epsilon2();
            weightDecay = rule.weightDecay();
        }

        private FisherAdamRule rule() {
            try {
                double relative = Double.isNaN(epsilon2) ? epsilon : epsilon2;
                return new FisherAdamRule(beta1, beta2, exponent, clip, epsilon, relative, weightDecay);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("FAdam: " + e.getMessage(), e);
            }
        }

        /**
         * Sets the memory of the momentum.
         *
         * @param memory beta1 in [0,1)
         * @return this builder
         */
        public Builder beta1(double memory) {
            this.beta1 = memory;
            return this;
        }

        /**
         * Sets the memory of the Fisher matrix.
         *
         * @param memory beta2 in [0,1)
         * @return this builder
         */
        public Builder beta2(double memory) {
            this.beta2 = memory;
            return this;
        }

        /**
         * Sets the exponent of the Fisher matrix.
         *
         * @param rho in (0,1]; 1/2 for Adam's square root, 1 for the natural gradient itself
         * @return this builder
         */
        public Builder exponent(double rho) {
            this.exponent = rho;
            return this;
        }

        /**
         * Sets the bound of the natural gradient's root mean square, and of the preconditioned weights'.
         *
         * @param bound c &gt; 0
         * @return this builder
         */
        public Builder clip(double bound) {
            this.clip = bound;
            return this;
        }

        /**
         * Sets epsilon, and e = epsilon min(1, RMS(g)).
         *
         * @param value &gt; 0
         * @return this builder
         */
        public Builder epsilon(double value) {
            this.epsilon = value;
            this.epsilon2 = Double.NaN;
            return this;
        }

        /**
         * Sets both parts of e = min(epsilon, epsilon2 RMS(g)), the form of the paper's second version.
         *
         * @param value epsilon &gt; 0
         * @param relative epsilon2 &gt; 0
         * @return this builder
         */
        public Builder epsilon(double value, double relative) {
            this.epsilon = value;
            this.epsilon2 = relative;
            return this;
        }

        /**
         * Sets the coefficient of weight decay.
         *
         * @param lambda &gt;= 0
         * @return this builder
         */
        public Builder weightDecay(double lambda) {
            this.weightDecay = lambda;
            return this;
        }

        /**
         * Checks the options.
         *
         * @return the updater configuration
         * @throws IllegalArgumentException naming the option, its value and what is allowed
         */
        public FAdam build() {
            return new FAdam(this);
        }
    }
}
