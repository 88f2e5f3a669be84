package io.github.dl4jkfac;

import io.github.dl4jkfac.step.Hyperparameters;
import java.util.Objects;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * Collects the options of {@link ExactFisher}.
 *
 * @param <B> the builder itself
 */
abstract class SampleSpaceBuilder<B extends SampleSpaceBuilder<B>> extends KlBoundedBuilder<B> {

    private Curvature curvature = ExactFisher.DEFAULT_CURVATURE;
    private boolean tikhonov;
    private double relativeDamping;
    private boolean layerWise;
    private CoefficientReuse reuse;
    private int samplesPerEpoch;
    private boolean adaptiveDamping;
    private boolean lineSearch;

    SampleSpaceBuilder() {
        draft.learningRate = null;
        draft.momentum = ExactFisher.DEFAULT_MOMENTUM;
        draft.klClip = null;
        draft.damping = null;
        draft.statisticsInterval = 1;
        draft.inverseInterval = 1;
    }

    final void take(SampleSpaceOptions options) {
        curvature = options.curvature();
        tikhonov = options.tikhonov();
        relativeDamping = options.relativeDamping();
        layerWise = options.layerWise();
        reuse = options.reuse();
        samplesPerEpoch = options.samplesPerEpoch();
        adaptiveDamping = options.adaptiveDamping();
        lineSearch = options.lineSearch();
    }

    /** The choice that the defaults of the others follow. {@link #options()} may refuse these two alone. */
    final void follow(Curvature chosen, CoefficientReuse sharing) {
        curvature = chosen;
        reuse = sharing;
    }

    private SampleSpaceDefaults defaults() {
        return SampleSpaceDefaults.of(curvature, reuse != null);
    }

    /** What the options would be if none but curvature and reuse were set. */
    final SampleSpaceOptions defaultOptions() {
        return new SampleSpaceOptions(curvature, false, defaults().relativeDamping(), false, null, 0, false, false);
    }

    /** Those that have not been set get the defaults of the curvature. */
    final Hyperparameters hyperparameters() {
        HyperparameterDraft complete = draft.copy();
        complete.rateByHand = defaults().learningRate();
        complete.klClip = Objects.requireNonNullElse(draft.klClip, defaults().klClip());
        complete.damping = Objects.requireNonNullElse(draft.damping, defaults().damping());
        return complete.checked("ExactFisher");
    }

    final SampleSpaceOptions options() {
        double relative = draft.damping == null ? defaults().relativeDamping() : relativeDamping;
        return new SampleSpaceOptions(
                curvature, tikhonov, relative, layerWise, reuse, samplesPerEpoch, adaptiveDamping, lineSearch);
    }

    /**
     * Sets which matrix is inverted.
     *
     * @param value the matrix
     * @return this builder
     */
    public B curvature(Curvature value) {
        this.curvature = Objects.requireNonNull(value, "curvature");
        return self();
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
    public B relativeDamping(double share) {
        super.damping(0);
        this.relativeDamping = share;
        return self();
    }

    /**
     * Sets an absolute damping, in place of a relative one.
     *
     * @param lambda the Tikhonov damping &gt;= 0 of the matrix, which is a mean over the batch
     * @return this builder
     */
    @Override
    public B damping(double lambda) {
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
    public B damping(ISchedule schedule) {
        damping(0);
        return super.damping(schedule);
    }

    /**
     * Damps the matrix of the improved empirical Fisher, F* + lambda I (Wu et al. 2024, eq. 14), where the paper damps the Gram
     * matrix of the unscaled gradients (eq. 8): J^T (J J^T + N lambda diag(s))^-1 s instead of J^T (J J^T + N lambda I)^-1 s.
     *
     * @return this builder
     */
    public B tikhonovDamping() {
        this.tikhonov = true;
        return self();
    }

    /**
     * Gives each layer a matrix of its own, without the entries between different layers.
     *
     * @return this builder
     */
    public B layerWise() {
        this.layerWise = true;
        return self();
    }

    /**
     * Solves in the first epoch only, and reuses the samples' coefficients in all later ones (FNGD, Ou et al. 2024). Needs {@link
     * Curvature#EMPIRICAL_FISHER} and {@link #layerWise()}. Two numbers for each sample and layer are kept in the updater state.
     *
     * @param sharing who gets them
     * @param samples number of samples in an epoch, at least 1
     * @return this builder
     */
    public B reuseCoefficients(CoefficientReuse sharing, int samples) {
        this.reuse = Objects.requireNonNull(sharing, "sharing");
        this.samplesPerEpoch = samples;
        return self();
    }

    /**
     * Lets the damping follow how well the quadratic model foretells the objective, by the rule of Levenberg and Marquardt
     * (Martens and Grosse 2015, sec. 6.5): every 5 steps it is multiplied or divided by (19/20)^5, or left alone. Needs one of the
     * three curvatures that are a Fisher matrix, and two forward passes of a copy in float64 every 5 steps, without dropout
     * and other noise. Not for truncated back-propagation, whose segments the copy knows one by one only.
     *
     * @return this builder
     */
    public B adaptiveDamping() {
        this.adaptiveDamping = true;
        return self();
    }

    /**
     * Halves each step until the objective falls on the step's own batch by 1e-4 of what the step promises (Armijo), at most ten
     * times; after that the momentum alone goes on. Costs two forward passes of a copy in float64 and one for each halving, without
     * dropout and other noise. Not for truncated back-propagation, whose segments the copy knows one by one only.
     *
     * @return this builder
     */
    public B lineSearch() {
        this.lineSearch = true;
        return self();
    }
}
