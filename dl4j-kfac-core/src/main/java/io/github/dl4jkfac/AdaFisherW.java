package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Option;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * {@link AdaFisher} with decoupled weight decay (Gomes et al. 2024): theta &lt;- theta - alpha (m / (1 - beta^t) ./ F + kappa theta), for
 * all parameters that have a curvature block, biases included; the fallback updater decays nothing.
 */
public final class AdaFisherW extends AdaFisherUpdater {

    /** Default kappa, the coefficient of weight decay; the usual one of AdamW. */
    public static final double DEFAULT_WEIGHT_DECAY = 1e-2;

    private static final long serialVersionUID = 1L;

    /** kappa. */
    private double weightDecay;

    /** AdaFisherW with the defaults of {@link AdaFisher} and {@link #DEFAULT_WEIGHT_DECAY}. */
    public AdaFisherW() {
        this(builder());
    }

    private AdaFisherW(Builder builder) {
        super(builder.hyperparameters("AdaFisherW"), builder.fallback, builder.average("AdaFisherW"));
        weightDecay = builder.weightDecay;
    }

    /** {@return a builder that holds the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return a builder that holds the options of this updater} */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.take(this);
        builder.weightDecay = weightDecay;
        return builder;
    }

    /** {@return kappa, the coefficient of weight decay} */
    public double weightDecay() {
        return weightDecay;
    }

    @Override
    NaturalGradientUpdater defaultsBeside(JsonNode given) {
        Builder builder = new Builder();
        follow(builder, given);
        return builder.build();
    }

    @Override
    double decay() {
        return weightDecay;
    }

    @Override
    public AdaFisherW clone() {
        return (AdaFisherW) super.clone();
    }

    /** Collects options; {@link #build()} checks them. Options that are not set keep the defaults of {@link AdaFisherW}. */
    public static final class Builder extends AdaFisherBuilder<Builder> {

        private double weightDecay = DEFAULT_WEIGHT_DECAY;

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * Sets the coefficient of weight decay.
         *
         * @param kappa &gt;= 0
         * @return this builder
         * @throws IllegalArgumentException if it is negative or not finite
         */
        public Builder weightDecay(double kappa) {
            Option.notNegative("AdaFisherW: weightDecay", kappa);
            this.weightDecay = kappa;
            return this;
        }

        /**
         * Checks the options.
         *
         * @return the updater configuration
         * @throws IllegalArgumentException naming the option, its value and what is allowed
         */
        public AdaFisherW build() {
            return new AdaFisherW(this);
        }
    }
}
