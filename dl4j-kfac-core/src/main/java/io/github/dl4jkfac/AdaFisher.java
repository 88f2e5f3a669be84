package io.github.dl4jkfac;

import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * AdaFisher (Gomes et al. 2024) as a Deeplearning4j updater: Adam with the diagonal of a Kronecker-factored Fisher matrix in place of
 * the squared gradients' average, and without the square root.
 *
 * <pre>
 * m &lt;- beta m + (1 - beta) V          F = H S^T + lambda          theta &lt;- theta - alpha m / (1 - beta^t) ./ F
 * </pre>
 *
 * <p>H and S are the mean squared inputs and derivatives of a layer (true labels, averages over samples and positions), each scaled
 * to the range from 0 to 1, and averaged every {@link #DEFAULT_STATISTICS_INTERVAL} steps, the first as a plain mean; F is between lambda and
 * 1 + lambda in all layers. Only these vectors are kept beside the momentum: half of Adam's memory.
 *
 * <pre>{@code
 * MultiLayerConfiguration conf = new NeuralNetConfiguration.Builder()
 *         .updater(new AdaFisher())
 *         .list() ... .build();
 * MultiLayerNetwork net = new MultiLayerNetwork(conf);
 * net.init();
 * KFacListener.attach(net);
 * net.fit(train, epochs);
 * }</pre>
 *
 * <p>Scales and shifts have the mean square of their samples' gradients in F. Weight decay that is coupled to the gradient is
 * Deeplearning4j's own L2; {@link AdaFisherW} has the decoupled one. The published program differs in two details, which are options:
 * its weights of the averages ({@code gamma(0.08, 0.008)}) make H S^T vanish beside lambda, and the paper may be read as scaling the
 * averages ({@code scaledAverages()}).
 */
public final class AdaFisher extends AdaFisherUpdater {

    /** Default alpha. */
    public static final double DEFAULT_LEARNING_RATE = 1e-3;
    /** Default beta, the memory of the gradients' average. */
    public static final double DEFAULT_BETA = 0.9;
    /** Default lambda. */
    public static final double DEFAULT_DAMPING = 1e-3;
    /** Default gamma, the memory of the factors' averages. */
    public static final double DEFAULT_GAMMA = 0.8;
    /** Default number of steps between two batches that enter the factors. */
    public static final int DEFAULT_STATISTICS_INTERVAL = 100;

    private static final long serialVersionUID = 1L;

    /** AdaFisher with the defaults. */
    public AdaFisher() {
        this(builder());
    }

    private AdaFisher(Builder builder) {
        super(builder.hyperparameters("AdaFisher"), builder.fallback, builder.average("AdaFisher"));
    }

    /** {@return whether each step is as long as it does good, whatever beta is} */
    public boolean automatic() {
        return hyperparameters().step().automatic();
    }

    /** {@return a builder that holds the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return a builder that holds the options of this updater} */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.take(this);
        return builder;
    }

    @Override
    NaturalGradientUpdater defaultsBeside(JsonNode given) {
        Builder builder = new Builder();
        follow(builder, given);
        return builder.build();
    }

    @Override
    public AdaFisher clone() {
        return (AdaFisher) super.clone();
    }

    /** Collects options; {@link #build()} checks them. Options that are not set keep the defaults of {@link AdaFisher}. */
    public static final class Builder extends AdaFisherBuilder<Builder> {

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * Lets each step be as long as it does good: F says where to go, and how far is asked of the exact Gauss-Newton matrix of the batch and
         * of the loss itself, as in {@link KFac}. The step is alpha U + mu m with U = V ./ F, the last step m and measured alpha and mu; the learning
         * rate is a factor of it, and {@link #beta} has no part in it: of {@code automatic} and {@code beta} the last one called counts.
         *
         * @return this builder
         */
        public Builder automatic() {
            draft.automatic = true;
            draft.klClip = KFac.DEFAULT_KL_CLIP; // counts where steps cannot be measured
            return this;
        }

        /**
         * Checks the options.
         *
         * @return the updater configuration
         * @throws IllegalArgumentException naming the option, its value and what is allowed
         */
        public AdaFisher build() {
            return new AdaFisher(this);
        }
    }
}
