package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Option;
import java.util.List;

/**
 * EKFAC (George et al. 2018) as a Deeplearning4j updater: K-FAC whose eigenvalues are corrected. {@link KFac} takes the curvature
 * along the eigenvectors of A x G to be the products of the factors' eigenvalues; EKFAC measures it, at every step, as the second
 * moments of the samples' gradients along these vectors. That is the nearest matrix to the Fisher block that has the same
 * eigenvectors, so a batch's curvature acts at once and the costly eigenvectors may be older than K-FAC's inverses.
 *
 * <p>Dense, convolutional and recurrent layers are treated so. All other parameters have what {@link KFac} gives them: small exact
 * blocks for scales and shifts and depthwise convolutions, a diagonal input factor for embeddings, three factors where a layer has
 * more inputs than {@link Builder#maxFactorDimension}, the fallback updater where nothing is known.
 *
 * <pre>{@code
 * MultiLayerConfiguration conf = new NeuralNetConfiguration.Builder()
 *         .updater(new EKFac())
 *         .list() ... .build();
 * MultiLayerNetwork net = new MultiLayerNetwork(conf);
 * net.init();
 * KFacListener.attach(net);
 * net.fit(train, epochs);
 * }</pre>
 */
public final class EKFac extends KroneckerUpdater {

    /**
     * Default alpha of steps that are controlled by hand, along the preconditioned gradient. While the loss falls fast the bound {@link #DEFAULT_KL_CLIP} sets the
     * length of the steps, whatever alpha is. Where it does not bind any more, full steps would trust second moments of a few batches
     * further than these reach: with 1 the loss jumps there.
     */
    public static final double DEFAULT_LEARNING_RATE = 0.05;
    /** Default mu. */
    public static final double DEFAULT_MOMENTUM = 0.5;
    /** Default lambda, the damping of each layer's block. */
    public static final double DEFAULT_DAMPING = 1e-3;
    /** Default bound of the squared length of a step in the damped Fisher metric. */
    public static final double DEFAULT_KL_CLIP = 1e-2;
    /** Default number of steps between two batches that enter the second moments and the factors. */
    public static final int DEFAULT_STATISTICS_INTERVAL = 1;
    /** Default number of steps between two refreshes of the eigenvectors. */
    public static final int DEFAULT_BASIS_INTERVAL = 50;
    /** Default upper bound of the moving averages' memory. */
    public static final double DEFAULT_STATISTICS_DECAY = 0.95;
    /** Default share of the batch that enters the statistics: all of it. */
    public static final double DEFAULT_STATISTICS_FRACTION = 1.0;
    /** Default limit of the side of a Kronecker factor. */
    public static final int DEFAULT_MAX_FACTOR_DIMENSION = KFac.DEFAULT_MAX_FACTOR_DIMENSION;
    /** Default matrix that is estimated. */
    public static final Curvature DEFAULT_CURVATURE = Curvature.SAMPLED_FISHER;

    private static final long serialVersionUID = 1L;

    /** Which matrix is estimated. */
    private Curvature curvature;

    /** Largest side of a factor. */
    private int maxFactorDimension;

    /** EKFAC with the defaults, which are chosen to train well untuned. */
    public EKFac() {
        this(builder());
    }

    private EKFac(Builder builder) {
        super(builder.draft.checked("EKFac"), builder.fallback);
        curvature = builder.curvature;
        maxFactorDimension = builder.maxFactorDimension;
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
    public Curvature curvature() {
        return curvature;
    }

    @Override
    public int maxFactorDimension() {
        return maxFactorDimension;
    }

    /** {@return the number of steps between two refreshes of the eigenvectors} */
    public int basisInterval() {
        return hyperparameters().refresh().inverseInterval();
    }

    @Override
    UpdaterMethod method() {
        return new EKFacMethod(this);
    }

    @Override
    List<Object> options() {
        return List.of(curvature, maxFactorDimension);
    }

    @Override
    List<Object> meaning() {
        return List.of(curvature);
    }

    @Override
    void requireSound() {
        super.requireSound();
        Option.choice("curvature", curvature);
        Option.count("maxFactorDimension", maxFactorDimension, "");
    }

    @Override
    public EKFac clone() {
        return (EKFac) super.clone();
    }

    /** Collects options; {@link #build()} checks them. Options that are not set keep the defaults of {@link EKFac}. */
    public static final class Builder extends KroneckerUpdaterBuilder<Builder> {

        private Builder() {
            curvature = DEFAULT_CURVATURE;
            maxFactorDimension = DEFAULT_MAX_FACTOR_DIMENSION;
            draft.automatic = true;
            draft.rateByHand = DEFAULT_LEARNING_RATE;
            draft.momentum = DEFAULT_MOMENTUM;
            draft.damping = DEFAULT_DAMPING;
            draft.klClip = DEFAULT_KL_CLIP;
            draft.statisticsInterval = DEFAULT_STATISTICS_INTERVAL;
            draft.inverseInterval = DEFAULT_BASIS_INTERVAL;
            draft.statisticsDecay = DEFAULT_STATISTICS_DECAY;
            draft.statisticsFraction = DEFAULT_STATISTICS_FRACTION;
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Sets how often the eigenvectors follow the factors. The blocks that {@link KFac} shares have their inverses renewed then.
         *
         * @param steps number of steps between two refreshes, at least 1; at first there are more of them
         * @return this builder
         * @throws IllegalArgumentException if the number is less than 1
         */
        public Builder basisInterval(int steps) {
            Option.count("basisInterval", steps, "step");
            draft.inverseInterval = steps;
            return this;
        }

        /**
         * Checks the options.
         *
         * @return the updater configuration
         * @throws IllegalArgumentException naming the option, its value and what is allowed
         */
        public EKFac build() {
            return new EKFac(this);
        }
    }
}
