package io.github.dl4jkfac;

import io.github.dl4jkfac.state.StateLayout;
import io.github.dl4jkfac.step.DelegatingWorker;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import io.github.dl4jkfac.step.StatelessWorker;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonInclude;

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
 *
 * <p>The configuration only holds hyper-parameters; {@link KFacListener} connects it to a live network, without which the first
 * step fails. It serialises to JSON and YAML like DL4J's own updaters.
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE,
        setterVisibility = JsonAutoDetect.Visibility.NONE)
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class KFac implements IUpdater {

    /** Default alpha, the step along the preconditioned gradient. */
    public static final double DEFAULT_LEARNING_RATE = 1.0;
    /** Default mu. */
    public static final double DEFAULT_MOMENTUM = 0.5;
    /** Default lambda, the Tikhonov damping of each layer's block. */
    public static final double DEFAULT_DAMPING = 3e-3;
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
    /** Default matrix that the factors estimate. */
    public static final Curvature DEFAULT_CURVATURE = Curvature.SAMPLED_FISHER;

    private static final long serialVersionUID = 1L;

    /** Which matrix the factors estimate. */
    private Curvature curvature;

    /** The numbers behind a step. */
    private Hyperparameters hyperparameters;

    /** Updater of all parameters without a curvature block. */
    private IUpdater fallback;

    /** Largest side of a Kronecker factor. */
    private int maxFactorDimension;

    /** How the factors of convolutions are made. */
    private ConvolutionFactors convolution;

    /** How the derivatives of different time steps are taken to hang together. */
    private RecurrentModel recurrent;

    /** What the updater keeps for its layer; null before a listener has been attached. */
    private StateLayout layout;

    /** K-FAC with the defaults, which are chosen to train well untuned. */
    public KFac() {
        this(builder());
    }

    private KFac(Builder builder) {
        curvature = builder.curvature;
        hyperparameters = builder.hyperparameters();
        fallback = builder.fallback;
        maxFactorDimension = builder.maxFactorDimension;
        convolution = builder.convolution;
        recurrent = builder.recurrent;
    }

    /** {@return a builder that holds the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return which matrix the factors estimate} */
    public Curvature curvature() {
        return curvature;
    }

    Hyperparameters hyperparameters() {
        return hyperparameters;
    }

    int maxFactorDimension() {
        return maxFactorDimension;
    }

    ConvolutionFactors convolution() {
        return convolution;
    }

    RecurrentModel recurrent() {
        return recurrent;
    }

    /** What the updater keeps for the layer it is configured for; null before a listener has been attached. */
    StateLayout layout() {
        return layout;
    }

    KFac withLayout(StateLayout newLayout) {
        KFac copy = clone();
        copy.layout = newLayout;
        return copy;
    }

    boolean hasSettingsOf(KFac other) {
        return withLayout(null).equals(other.withLayout(null));
    }

    @Override
    public long stateSize(long numParams) {
        if (layout == null) {
            return numParams;
        }
        return switch (layout.role()) {
            case CURVATURE -> layout.stateSize(numParams);
            case FALLBACK -> fallback.stateSize(numParams);
            case NO_STEP -> 0;
        };
    }

    @Override
    public GradientUpdater<?> instantiate(INDArray viewArray, boolean initializeViewArray) {
        if (layout == null) {
            return StatelessWorker.unbound(this);
        }
        return switch (layout.role()) {
            case CURVATURE -> new NaturalGradientWorker(this, hyperparameters, layout, viewArray, initializeViewArray);
            case FALLBACK -> new DelegatingWorker(this, fallback.instantiate(viewArray, initializeViewArray));
            case NO_STEP -> StatelessWorker.noStep(this);
        };
    }

    /**
     * DL4J's SameDiff training asks for updaters in this way.
     *
     * @throws IllegalStateException always: K-FAC needs the layers of a MultiLayerNetwork or ComputationGraph
     */
    @Override
    public GradientUpdater<?> instantiate(Map<String, INDArray> updaterState, boolean initializeStateArrays) {
        throw new IllegalStateException(
                "KFac trains the layers of a MultiLayerNetwork or ComputationGraph; a SameDiff graph has "
                        + "none. Use another updater for it.");
    }

    @Override
    public double getLearningRate(int iteration, int epoch) {
        return hyperparameters.learningRateAt(iteration, epoch);
    }

    @Override
    public boolean hasLearningRate() {
        return true;
    }

    @Override
    public void setLrAndSchedule(double lr, ISchedule lrSchedule) {
        hyperparameters = hyperparameters.withLearningRate(lr, lrSchedule);
    }

    @Override
    public KFac clone() {
        try {
            KFac copy = (KFac) super.clone();
            copy.fallback = fallback.clone();
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError("KFac is Cloneable", e);
        }
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof KFac other
                && curvature == other.curvature
                && hyperparameters.equals(other.hyperparameters)
                && fallback.equals(other.fallback)
                && maxFactorDimension == other.maxFactorDimension
                && convolution == other.convolution
                && recurrent == other.recurrent
                && Objects.equals(layout, other.layout);
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                curvature.name(),
                hyperparameters,
                fallback,
                maxFactorDimension,
                convolution.name(),
                recurrent.name(),
                layout);
    }

    @Override
    public String toString() {
        return "KFac(" + curvature + ", " + hyperparameters + (layout == null ? "" : ", " + layout) + ")";
    }

    /** Collects options; {@link #build()} checks them. Options that are not set keep the defaults of {@link KFac}. */
    public static final class Builder {

        private double learningRate = DEFAULT_LEARNING_RATE;
        private ISchedule learningRateSchedule;
        private double momentum = DEFAULT_MOMENTUM;
        private double damping = DEFAULT_DAMPING;
        private ISchedule dampingSchedule;
        private double klClip = DEFAULT_KL_CLIP;
        private ISchedule klClipSchedule;
        private int statisticsInterval = DEFAULT_STATISTICS_INTERVAL;
        private int inverseInterval = DEFAULT_INVERSE_INTERVAL;
        private double statisticsDecay = DEFAULT_STATISTICS_DECAY;
        private double statisticsFraction = DEFAULT_STATISTICS_FRACTION;
        private long seed = 1;
        private Curvature curvature = DEFAULT_CURVATURE;
        private IUpdater fallback = new Adam();
        private int maxFactorDimension = DEFAULT_MAX_FACTOR_DIMENSION;
        private ConvolutionFactors convolution = DEFAULT_CONVOLUTION;
        private RecurrentModel recurrent = DEFAULT_RECURRENT;

        private Builder() {}

        /**
         * Sets a constant learning rate, and drops a schedule set before.
         *
         * @param rate alpha &gt; 0, the step along the preconditioned gradient
         * @return this builder
         */
        public Builder learningRate(double rate) {
            this.learningRate = rate;
            this.learningRateSchedule = null;
            return this;
        }

        /**
         * Sets the learning rate by a schedule.
         *
         * @param schedule alpha as a function of iteration or epoch
         * @return this builder
         */
        public Builder learningRate(ISchedule schedule) {
            this.learningRateSchedule = Objects.requireNonNull(schedule, "learningRate schedule");
            return this;
        }

        /**
         * Sets the momentum: m &lt;- mu m + nu U, where U is the preconditioned gradient.
         *
         * @param mu in [0,1)
         * @return this builder
         */
        public Builder momentum(double mu) {
            this.momentum = mu;
            return this;
        }

        /**
         * Sets a constant damping, and drops a schedule set before.
         *
         * @param lambda the Tikhonov damping &gt;= 0 of each layer's block, split between its factors
         *     (Martens and Grosse 2015, sec. 6.3)
         * @return this builder
         */
        public Builder damping(double lambda) {
            this.damping = lambda;
            this.dampingSchedule = null;
            return this;
        }

        /**
         * Sets the damping by a schedule.
         *
         * @param schedule lambda as a function of iteration or epoch; takes effect at the next refresh of the inverses
         * @return this builder
         */
        public Builder damping(ISchedule schedule) {
            this.dampingSchedule = Objects.requireNonNull(schedule, "damping schedule");
            return this;
        }

        /**
         * Sets the bound kl &gt; 0 of d^T F_d d, the squared length of the step d = alpha nu U in the damped Fisher metric; about
         * twice the KL divergence between the predictions before and after it (Ba, Grosse, Martens 2017, sec. 5).
         *
         * @param kl the bound
         * @return this builder
         * @throws IllegalArgumentException if the bound is not positive
         */
        public Builder klClip(double kl) {
            if (!(kl > 0)) {
                throw new IllegalArgumentException(
                        "KFac: klClip must be positive, got " + kl + "; withoutKlClip() switches it off");
            }
            this.klClip = kl;
            this.klClipSchedule = null;
            return this;
        }

        /**
         * Sets the bound by a schedule. As long as the bound binds, the learning rate does not change the length of the step; a
         * step that is to shrink to the p-th part takes a bound that shrinks to the p^2-th.
         *
         * @param schedule kl as a function of iteration or epoch; 0 or less makes a step of no length
         * @return this builder
         */
        public Builder klClip(ISchedule schedule) {
            this.klClipSchedule = Objects.requireNonNull(schedule, "klClip schedule");
            return this;
        }

        /**
         * Takes the step with the learning rate alone, however long it is.
         *
         * @return this builder
         */
        public Builder withoutKlClip() {
            this.klClip = 0;
            this.klClipSchedule = null;
            return this;
        }

        /**
         * Sets how often a batch enters the factors.
         *
         * @param steps number of steps between two such batches, at least 1
         * @return this builder
         */
        public Builder statisticsInterval(int steps) {
            this.statisticsInterval = steps;
            return this;
        }

        /**
         * Sets how often the inverses follow the factors.
         *
         * @param steps number of steps between two refreshes, at least 1
         * @return this builder
         */
        public Builder inverseInterval(int steps) {
            this.inverseInterval = steps;
            return this;
        }

        /**
         * Sets how long the moving averages of the factors remember.
         *
         * @param decay upper bound of the old average's weight, in [0,1); the first 1/(1-decay) batches form a plain mean
         * @return this builder
         */
        public Builder statisticsDecay(double decay) {
            this.statisticsDecay = decay;
            return this;
        }

        /**
         * Sets the share of the batch that enters the factors and goes through the second backward pass.
         *
         * @param fraction in (0,1]
         * @return this builder
         */
        public Builder statisticsFraction(double fraction) {
            this.statisticsFraction = fraction;
            return this;
        }

        /**
         * Sets the seed of the private random stream that draws targets; ND4J's global stream is not touched.
         *
         * @param value any number
         * @return this builder
         */
        public Builder seed(long value) {
            this.seed = value;
            return this;
        }

        /**
         * Sets which matrix the factors estimate.
         *
         * @param value the matrix
         * @return this builder
         */
        public Builder curvature(Curvature value) {
            this.curvature = Objects.requireNonNull(value, "curvature");
            return this;
        }

        /**
         * Sets the updater of all parameters that have no curvature block; Adam with its defaults unless set.
         *
         * @param updater any updater but K-FAC itself
         * @return this builder
         */
        public Builder fallback(IUpdater updater) {
            if (updater instanceof KFac) {
                throw new IllegalArgumentException(
                        "KFac: the fallback updater cannot be KFac itself; use Adam, for example");
            }
            this.fallback = Objects.requireNonNull(updater, "fallback");
            return this;
        }

        /**
         * Sets the largest side of a Kronecker factor. Layers with more inputs get a doubly factored block; layers with more outputs
         * the fallback updater.
         *
         * @param dimension at least 1
         * @return this builder
         */
        public Builder maxFactorDimension(int dimension) {
            if (dimension < 1) {
                throw new IllegalArgumentException("KFac: maxFactorDimension must be at least 1, got " + dimension);
            }
            this.maxFactorDimension = dimension;
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
         * Sets how the derivatives of a recurrent layer at different time steps are taken to hang together.
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

        private Hyperparameters hyperparameters() {
            return new Hyperparameters(
                    learningRate,
                    learningRateSchedule,
                    momentum,
                    damping,
                    dampingSchedule,
                    klClip,
                    klClipSchedule,
                    statisticsInterval,
                    inverseInterval,
                    statisticsDecay,
                    statisticsFraction,
                    seed);
        }
    }
}
