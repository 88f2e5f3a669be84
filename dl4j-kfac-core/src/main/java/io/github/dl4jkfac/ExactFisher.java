package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Option;
import java.util.ArrayList;
import java.util.List;
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

    @Override
    UpdaterMethod method() {
        return new SampleSpaceMethod(this, samples);
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
        builder.follow(
                named.hasNonNull("curvature")
                        ? Curvature.valueOf(named.get("curvature").asText())
                        : DEFAULT_CURVATURE,
                named.hasNonNull("reuse")
                        ? CoefficientReuse.valueOf(named.get("reuse").asText())
                        : null);
        return new ExactFisher(builder, builder.defaultOptions());
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
    public static final class Builder extends SampleSpaceBuilder<Builder> {

        private Builder() {}

        @Override
        Builder self() {
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
