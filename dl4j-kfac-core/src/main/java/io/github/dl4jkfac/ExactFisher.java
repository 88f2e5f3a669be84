package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.plan.BlockSite;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.Option;
import io.github.dl4jkfac.step.RefreshPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * Natural-gradient steps with the exact Fisher matrix of the batch, over all parameters at once. With J [N,P], a row of which is the
 * gradient of one sample, all that is inverted is J J^T [N,N]; J is never written out. Which matrix it is {@link Curvature} tells:
 *
 * <ul>
 *   <li>{@link Curvature#IMPROVED_EMPIRICAL_FISHER}: iEF (Wu et al. 2024), the default;
 *   <li>{@link Curvature#EMPIRICAL_FISHER}: EF; with {@link Builder#reuseCoefficients} FNGD (Ou et al. 2024);
 *   <li>{@link Curvature#SAMPLED_FISHER}, {@link Curvature#RANDOM_SIGN_FISHER}: a Fisher matrix of one draw per sample;
 *   <li>{@link Curvature#EXACT_FISHER}: exact Gauss-Newton, EGN (Korbit et al. 2024), with N C rows for C outputs.
 * </ul>
 *
 * <pre>{@code
 * MultiLayerConfiguration conf = new NeuralNetConfiguration.Builder()
 *         .updater(new ExactFisher())
 *         .list() ... .build();
 * MultiLayerNetwork net = new MultiLayerNetwork(conf);
 * net.init();
 * KFacListener.attach(net);
 * net.fit(train, epochs);
 * }</pre>
 *
 * <p>The defaults are chosen to train without tuning; where a curvature is changed and nothing else they follow it. A Fisher matrix has
 * the bound of the step that {@link KFac} has, and two dampings: a relative one, since N samples leave most directions to the
 * damping, and an absolute one, since the matrix vanishes with the loss. The improved empirical Fisher has a relative damping, and
 * lowers the loss of each sample by at most alpha s_n, which is small where the sample is fitted well, so that it needs no bound. The
 * empirical Fisher lowers all by alpha, however small they are already: its learning rate has to be tuned to the loss, and has to fall
 * towards the end. Reused coefficients are old and need much damping.
 *
 * <p>For N samples a step costs as many operations as N^2 (dA + dG) for each layer [dA,dG], and N^3; it keeps nothing but the momentum.
 * Nothing is averaged over batches, so that the batch has to be large enough to tell about the curvature, a few hundred samples.
 *
 * <p>A matrix is inverted for the gradient as Deeplearning4j has made it, with L1, L2 and clipping; an L2 coefficient adds to the damping.
 * iEF and FNGD are not matrices but weights of the samples' gradients: there clipping shortens the step as it has shortened the
 * gradient, and the rest, such as weight decay, enters the step unpreconditioned.
 */
public final class ExactFisher extends KlBoundedUpdater {

    /** Default alpha, of a Fisher matrix or the empirical Fisher. */
    public static final double DEFAULT_LEARNING_RATE = 1.0;
    /** Default alpha of the improved empirical Fisher. */
    public static final double DEFAULT_IMPROVED_LEARNING_RATE = 0.3;
    /** Default mu. */
    public static final double DEFAULT_MOMENTUM = 0.5;
    /** Default bound of the squared length of a step in the metric of its matrix; the improved empirical Fisher has none. */
    public static final double DEFAULT_KL_CLIP = 1e-2;
    /** Default absolute damping of a Fisher matrix, {@link Curvature#SAMPLED_FISHER} and those that are more exact. */
    public static final double DEFAULT_DAMPING = 3e-3;
    /** Default relative damping of a Fisher matrix, added to the absolute one. */
    public static final double DEFAULT_RELATIVE_DAMPING = 1e-2;
    /** Default absolute damping of the empirical Fisher. */
    public static final double DEFAULT_EMPIRICAL_DAMPING = 3e-2;
    /** Default relative damping of the improved empirical Fisher. */
    public static final double DEFAULT_IMPROVED_DAMPING = 1e-2;
    /** Default relative damping where coefficients are reused. */
    public static final double DEFAULT_REUSE_DAMPING = 10;
    /** Default matrix. */
    public static final Curvature DEFAULT_CURVATURE = Curvature.IMPROVED_EMPIRICAL_FISHER;

    /** Most rows of J: the Gram matrix and its inverse take 16 bytes for each pair of them. */
    static final long MOST_ROWS = 8192;

    private static final long serialVersionUID = 1L;

    /** What is inverted, and how. */
    private SampleSpaceOptions samples;

    /** The improved empirical Fisher with the defaults, which are chosen to train well untuned. */
    public ExactFisher() {
        this(builder());
    }

    private ExactFisher(Builder builder) {
        this(builder, builder.options());
    }

    private ExactFisher(Builder builder, SampleSpaceOptions samples) {
        super(builder.hyperparameters(), builder.fallback);
        this.samples = samples;
    }

    /** {@return a builder that holds the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return a builder that holds the options of this updater} */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.take(this);
        builder.take(samples);
        return builder;
    }

    /** {@return which matrix is inverted} */
    @Override
    public Curvature curvature() {
        return samples.curvature();
    }

    /** {@return the damping in units of the mean squared length of a sample's gradient, over N; 0 if there is none} */
    public double relativeDamping() {
        return samples.relativeDamping();
    }

    /** {@return whether the damping of the improved empirical Fisher is that of its matrix} */
    public boolean tikhonovDamping() {
        return samples.tikhonov();
    }

    /** {@return whether each layer has a matrix of its own} */
    public boolean layerWise() {
        return samples.layerWise();
    }

    /** {@return which samples of later epochs get the first one's coefficients; null if none do} */
    public CoefficientReuse reuseCoefficients() {
        return samples.reuse();
    }

    /** {@return the number of samples in an epoch; 0 if nothing is reused} */
    public int samplesPerEpoch() {
        return samples.samplesPerEpoch();
    }

    /** {@return whether the damping follows how well the quadratic model foretells the objective} */
    public boolean adaptiveDamping() {
        return samples.adaptiveDamping();
    }

    /** {@return whether steps are shortened until the objective falls} */
    public boolean lineSearch() {
        return samples.lineSearch();
    }

    /** iEF weighs the samples by itself, so that it wants their gradients as they are. */
    @Override
    DerivativeSource source() {
        return needsOutputNorms()
                ? DerivativeSource.TRUE_LABELS
                : samples.curvature().source();
    }

    @Override
    boolean needsOutputNorms() {
        return samples.curvature() == Curvature.IMPROVED_EMPIRICAL_FISHER;
    }

    /** A kind of block that somebody has registered for his own rows goes first. */
    @Override
    BlockKind kindAt(BlockSite site) {
        return site.group().type() == null ? samples.kind() : site.group().type();
    }

    @Override
    String jointKeyAt(BlockSite site) {
        return samples.layerWise() || site.group().type() != null ? null : "whole network";
    }

    @Override
    String obstacleAt(BlockSite site) {
        throw new IllegalStateException("there is a Gram matrix for every group of parameters");
    }

    @Override
    RefreshPlan refreshPlan() {
        return new RefreshPlan(1, 1, false);
    }

    @Override
    boolean searchesLine() {
        return samples.lineSearch();
    }

    @Override
    boolean adaptsDamping() {
        return samples.adaptiveDamping();
    }

    @Override
    void requireAffordable(long rows) {
        if (rows > MOST_ROWS) {
            throw new IllegalStateException("ExactFisher: the Gram matrix of this batch would have " + rows
                    + " rows, more than " + MOST_ROWS + ". "
                    + (samples.curvature() == Curvature.EXACT_FISHER
                            ? "Curvature.EXACT_FISHER has a row for each sample and each output: take smaller batches, or"
                                    + " Curvature.RANDOM_SIGN_FISHER, which has a row for each sample."
                            : "Take smaller batches."));
        }
    }

    @Override
    String caveat(NetworkView network) {
        return network.couplesSamples()
                ? "batch normalisation couples the samples of a batch, so that their gradients are not the derivatives of"
                        + " the samples' losses, and the matrix is an approximation"
                : null;
    }

    @Override
    List<Object> options() {
        return samples.asList();
    }

    @Override
    List<Object> meaning() {
        List<Object> all = new ArrayList<>();
        all.add(samples.curvature());
        if (samples.layerWise()) {
            all.add("layerWise");
        }
        if (samples.reuse() != null) {
            all.add(samples.reuse());
            all.add(samples.samplesPerEpoch());
        }
        return all;
    }

    @Override
    void requireSound() {
        super.requireSound();
        Option.choice("samples", samples);
    }

    /** The defaults follow the curvature, and whether coefficients are reused. */
    @Override
    NaturalGradientUpdater defaultsBeside(JsonNode given) {
        JsonNode named = given.path("samples");
        Builder builder = new Builder();
        if (named.hasNonNull("curvature")) {
            builder.curvature(Curvature.valueOf(named.get("curvature").asText()));
        }
        if (named.hasNonNull("reuse")) {
            builder.reuse = CoefficientReuse.valueOf(named.get("reuse").asText());
        }
        return builder.defaults();
    }

    @Override
    List<Object> networkWide() {
        List<Object> all = new ArrayList<>(super.networkWide());
        all.addAll(samples.asList());
        return all;
    }

    @Override
    public ExactFisher clone() {
        return (ExactFisher) super.clone();
    }

    /** Collects options; {@link #build()} checks them. Options that are not set keep the defaults of {@link ExactFisher}. */
    public static final class Builder extends KlBoundedBuilder<Builder> {

        private Curvature curvature = DEFAULT_CURVATURE;
        private boolean tikhonov;
        private double relativeDamping;
        private boolean layerWise;
        private CoefficientReuse reuse;
        private int samplesPerEpoch;
        private boolean adaptiveDamping;
        private boolean lineSearch;

        private Builder() {
            draft.learningRate = null;
            draft.momentum = DEFAULT_MOMENTUM;
            draft.klClip = null;
            draft.damping = null;
            draft.statisticsInterval = 1;
            draft.inverseInterval = 1;
        }

        @Override
        Builder self() {
            return this;
        }

        private void take(SampleSpaceOptions options) {
            curvature = options.curvature();
            tikhonov = options.tikhonov();
            relativeDamping = options.relativeDamping();
            layerWise = options.layerWise();
            reuse = options.reuse();
            samplesPerEpoch = options.samplesPerEpoch();
            adaptiveDamping = options.adaptiveDamping();
            lineSearch = options.lineSearch();
        }

        /** What the options would be if none but curvature and reuse were set; {@link #build()} may refuse these two alone. */
        private ExactFisher defaults() {
            double relative = SampleSpaceDefaults.of(curvature, reuse != null).relativeDamping();
            return new ExactFisher(
                    this, new SampleSpaceOptions(curvature, false, relative, false, null, 0, false, false));
        }

        /** Those that have not been set get the defaults of the curvature. */
        private Hyperparameters hyperparameters() {
            SampleSpaceDefaults defaults = SampleSpaceDefaults.of(curvature, reuse != null);
            HyperparameterDraft complete = draft.copy();
            complete.learningRate = Objects.requireNonNullElse(draft.learningRate, defaults.learningRate());
            complete.klClip = Objects.requireNonNullElse(draft.klClip, defaults.klClip());
            complete.damping = Objects.requireNonNullElse(draft.damping, defaults.damping());
            return complete.checked("ExactFisher");
        }

        private SampleSpaceOptions options() {
            double relative = draft.damping == null
                    ? SampleSpaceDefaults.of(curvature, reuse != null).relativeDamping()
                    : relativeDamping;
            return new SampleSpaceOptions(
                    curvature, tikhonov, relative, layerWise, reuse, samplesPerEpoch, adaptiveDamping, lineSearch);
        }

        /**
         * Sets which matrix is inverted.
         *
         * @param value the matrix
         * @return this builder
         */
        public Builder curvature(Curvature value) {
            this.curvature = Objects.requireNonNull(value, "curvature");
            return this;
        }

        /**
         * Sets a damping that follows the gradients: lambda is this many times the mean squared length of a sample's gradient, divided by
         * N. In the terms of Wu et al. (2024): their lambda, N times ours, is this many times tr(J J^T) / N. Scaling the loss does
         * not change the direction of the step then. Takes the place of an absolute damping.
         *
         * @param share zero or positive. What rounding hides is added: in single precision as much as 4e-6 sqrt(N), and 2e-6 N for
         *     the curvatures whose rows are not the gradient's own
         * @return this builder
         */
        public Builder relativeDamping(double share) {
            super.damping(0);
            this.relativeDamping = share;
            return this;
        }

        /**
         * Sets an absolute damping, in place of a relative one.
         *
         * @param lambda the Tikhonov damping &gt;= 0 of the matrix, which is a mean over the batch
         * @return this builder
         */
        @Override
        public Builder damping(double lambda) {
            this.relativeDamping = 0;
            return super.damping(lambda);
        }

        /**
         * Sets an absolute damping by a schedule, in place of a relative one.
         *
         * @param schedule lambda as a function of iteration or epoch
         * @return this builder
         */
        @Override
        public Builder damping(ISchedule schedule) {
            damping(0);
            return super.damping(schedule);
        }

        /**
         * Damps the matrix of the improved empirical Fisher, F* + lambda I (Wu et al. 2024, eq. 14), where the paper damps the Gram
         * matrix of the unscaled gradients (eq. 8): J^T (J J^T + N lambda diag(s))^-1 s instead of J^T (J J^T + N lambda I)^-1 s.
         *
         * @return this builder
         */
        public Builder tikhonovDamping() {
            this.tikhonov = true;
            return this;
        }

        /**
         * Gives each layer a matrix of its own, without the entries between different layers.
         *
         * @return this builder
         */
        public Builder layerWise() {
            this.layerWise = true;
            return this;
        }

        /**
         * Solves in the first epoch only, and reuses the samples' coefficients in all later ones (FNGD, Ou et al. 2024). Needs {@link
         * Curvature#EMPIRICAL_FISHER} and {@link #layerWise()}. Two numbers for each sample and layer are kept in the updater state.
         *
         * @param sharing who gets them
         * @param samples number of samples in an epoch, at least 1
         * @return this builder
         */
        public Builder reuseCoefficients(CoefficientReuse sharing, int samples) {
            this.reuse = Objects.requireNonNull(sharing, "sharing");
            this.samplesPerEpoch = samples;
            return this;
        }

        /**
         * Lets the damping follow how well the quadratic model foretells the objective, by the rule of Levenberg and Marquardt
         * (Martens and Grosse 2015, sec. 6.5): every 5 steps it is multiplied or divided by (19/20)^5, or left alone. Needs one of the
         * three curvatures that are a Fisher matrix, and two forward passes of a copy in float64 every 5 steps, without dropout
         * and other noise. Not for truncated back-propagation, whose segments the copy knows one by one only.
         *
         * @return this builder
         */
        public Builder adaptiveDamping() {
            this.adaptiveDamping = true;
            return this;
        }

        /**
         * Halves each step until the objective falls on the step's own batch by 1e-4 of what the step promises (Armijo), at most ten
         * times; after that the momentum alone goes on. Costs two forward passes of a copy in float64 and one for each halving, without
         * dropout and other noise. Not for truncated back-propagation, whose segments the copy knows one by one only.
         *
         * @return this builder
         */
        public Builder lineSearch() {
            this.lineSearch = true;
            return this;
        }

        /**
         * Checks the options.
         *
         * @return the updater configuration
         * @throws IllegalArgumentException naming the option, its value and what is allowed
         */
        public ExactFisher build() {
            return new ExactFisher(this);
        }
    }
}
