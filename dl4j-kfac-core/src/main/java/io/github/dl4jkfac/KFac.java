package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Option;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * K-FAC (Martens and Grosse 2015) as a Deeplearning4j updater: natural-gradient steps with a Kronecker-factored approximation of
 * the Fisher matrix, layer by layer; scales and shifts get small exact blocks, and parameters for which no block is known another
 * updater. Which layer got what is logged when a listener is attached.
 *
 * <pre>{@code
 * MultiLayerConfiguration conf = new NeuralNetConfiguration.Builder()
 *         .updater(new KFac())
 *         .list() ... .build();
 * MultiLayerNetwork net = new MultiLayerNetwork(conf);
 * net.init();
 * KFacListener.attach(net);
 * net.fit(train, epochs);
 * }</pre>
 */
public final class KFac extends KroneckerUpdater {

    /** Default factor of the steps of {@link Builder#automatic}: the quadratic model's own. */
    public static final double AUTOMATIC_LEARNING_RATE = 1.0;
    /** Default alpha of steps that are controlled by hand, along the preconditioned gradient. */
    public static final double DEFAULT_LEARNING_RATE = 1.0;
    /** Default mu. */
    public static final double DEFAULT_MOMENTUM = 0.5;
    /** Default lambda, the Tikhonov damping of each layer's block. */
    public static final double DEFAULT_DAMPING = 1e-3;
    /** Default bound of the squared length of a step in the damped Fisher metric. */
    public static final double DEFAULT_KL_CLIP = 1e-2;
    /** Default number of steps between two batches that enter the factors. */
    public static final int DEFAULT_STATISTICS_INTERVAL = 5;
    /** Default number of steps between two refreshes of the inverses. */
    public static final int DEFAULT_INVERSE_INTERVAL = 25;
    /** Default upper bound of the moving average's memory. */
    public static final double DEFAULT_STATISTICS_DECAY = 0.95;
    /** Default share of the batch that enters the factors: all of it. */
    public static final double DEFAULT_STATISTICS_FRACTION = 1.0;
    /** Default limit of the side of a Kronecker factor. */
    public static final int DEFAULT_MAX_FACTOR_DIMENSION = 8192;
    /** Default factors of convolutions. */
    public static final ConvolutionFactors DEFAULT_CONVOLUTION = ConvolutionFactors.EXPANDED;
    /** Default model of recurrent layers. */
    public static final RecurrentModel DEFAULT_RECURRENT = RecurrentModel.INDEPENDENT;
    /** Default blocks of the curvature matrix. */
    public static final Structure DEFAULT_STRUCTURE = Structure.BLOCK_DIAGONAL;
    /** Default matrix that the factors estimate: in steps to the same loss nowhere behind the others measured, and ahead on autoencoders. */
    public static final Curvature DEFAULT_CURVATURE = Curvature.SAMPLED_FISHER;

    private static final long serialVersionUID = 1L;

    /** What the factors estimate, and how. */
    private KroneckerOptions kronecker;

    /** Which blocks there are. */
    private Structure structure;

    /** K-FAC with the defaults, which are chosen to train well untuned. */
    public KFac() {
        this(builder());
    }

    private KFac(Builder builder) {
        super(builder.draft.checked("KFac"), builder.fallback);
        kronecker = builder.kroneckerOptions();
        structure = builder.structure;
    }

    /** {@return a builder that holds the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return a builder that holds the options of this updater} */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.take(this);
        builder.structure = structure;
        builder.convolution = kronecker.convolution();
        builder.recurrent = kronecker.recurrent();
        return builder;
    }

    /** {@return which matrix the factors estimate} */
    @Override
    public Curvature curvature() {
        return kronecker.curvature();
    }

    @Override
    public int maxFactorDimension() {
        return kronecker.maxFactorDimension();
    }

    /** {@return the number of steps between two refreshes of the inverses} */
    public int inverseInterval() {
        return hyperparameters().refresh().inverseInterval();
    }

    /** {@return how the factors of convolutions are made} */
    public ConvolutionFactors convolution() {
        return kronecker.convolution();
    }

    /** {@return the assumption about how the derivatives of a recurrent layer at different time steps are correlated} */
    public RecurrentModel recurrent() {
        return kronecker.recurrent();
    }

    /** {@return which blocks of the curvature matrix there are} */
    public Structure structure() {
        return structure;
    }

    @Override
    UpdaterMethod method() {
        return new KFacMethod(this, kronecker, structure);
    }

    @Override
    List<Object> options() {
        List<Object> all = new ArrayList<>(kronecker.asList());
        all.add(structure);
        return all;
    }

    @Override
    List<Object> meaning() {
        return List.of(kronecker.curvature(), structure, kronecker.convolution(), kronecker.recurrent());
    }

    @Override
    void requireSound() {
        super.requireSound();
        Option.choice("kronecker", kronecker);
        Option.choice("structure", structure);
    }

    @Override
    public KFac clone() {
        return (KFac) super.clone();
    }

    /** Collects options; {@link #build()} checks them. Options that are not set keep the defaults of {@link KFac}. */
    public static final class Builder extends KroneckerUpdaterBuilder<Builder> {

        private Structure structure = DEFAULT_STRUCTURE;
        private ConvolutionFactors convolution = DEFAULT_CONVOLUTION;
        private RecurrentModel recurrent = DEFAULT_RECURRENT;

        private Builder() {
            draft.automatic = true;
        }

        private KroneckerOptions kroneckerOptions() {
            return new KroneckerOptions(curvature, maxFactorDimension, convolution, recurrent);
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * Sets how often the inverses follow the factors.
         *
         * @param steps number of steps between two refreshes, at least 1
         * @return this builder
         */
        public Builder inverseInterval(int steps) {
            draft.inverseInterval = steps;
            return this;
        }

        /**
         * Sets which blocks of the curvature matrix are kept.
         *
         * @param blocks those of single layers, or of neighbours as well
         * @return this builder
         */
        public Builder structure(Structure blocks) {
            this.structure = Objects.requireNonNull(blocks, "structure");
            return this;
        }

        /**
         * Sets how the factors of convolutions are made.
         *
         * @param factors the choice between cost and accuracy
         * @return this builder
         */
        public Builder convolution(ConvolutionFactors factors) {
            this.convolution = Objects.requireNonNull(factors, "convolution");
            return this;
        }

        /**
         * Sets the assumption about how the derivatives of a recurrent layer at different time steps are correlated.
         *
         * @param model the model
         * @return this builder
         */
        public Builder recurrent(RecurrentModel model) {
            this.recurrent = Objects.requireNonNull(model, "recurrent");
            return this;
        }

        /**
         * Checks the options.
         *
         * @return the updater configuration
         * @throws IllegalArgumentException naming the option, its value and what is allowed
         */
        public KFac build() {
            return new KFac(this);
        }
    }
}
