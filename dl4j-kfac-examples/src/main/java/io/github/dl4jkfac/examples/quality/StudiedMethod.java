package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The methods whose directions are measured. A new one is one entry here. */
public enum StudiedMethod {
    /** The exact damped natural gradient of the batch, by conjugate gradients. */
    EXACT(Family.EXACT, null, null),
    /** K-FAC with sampled targets. */
    KFAC(Family.KRONECKER, Optimizer.KFAC, Curvature.SAMPLED_FISHER),
    /** K-FAC with all columns of the loss's Hessian. */
    KFAC_EXACT(Family.KRONECKER, Optimizer.KFAC, Curvature.EXACT_FISHER),
    /** K-FAC with the empirical Fisher. */
    KFAC_EF(Family.KRONECKER, Optimizer.KFAC, Curvature.EMPIRICAL_FISHER),
    /** K-FAC with the improved empirical Fisher. */
    KFAC_IEF(Family.KRONECKER, Optimizer.KFAC, Curvature.IMPROVED_EMPIRICAL_FISHER),
    /** K-FAC with the blocks of neighbouring layers, and sampled targets. */
    KFAC_TRIDIAGONAL(Family.KRONECKER, Optimizer.KFAC_TRIDIAGONAL, Curvature.SAMPLED_FISHER),
    /** EKFAC with sampled targets. */
    EKFAC(Family.KRONECKER, Optimizer.EKFAC, Curvature.SAMPLED_FISHER),
    /** EKFAC with the improved empirical Fisher. */
    EKFAC_IEF(Family.KRONECKER, Optimizer.EKFAC, Curvature.IMPROVED_EMPIRICAL_FISHER),
    /** The improved empirical Fisher. */
    IEF(Family.SAMPLE_SPACE, Optimizer.IEF, null),
    /** The empirical Fisher. */
    EF(Family.SAMPLE_SPACE, Optimizer.EF, null),
    /** The Fisher matrix of one drawn target per sample. */
    SF(Family.SAMPLE_SPACE, Optimizer.SF, null),
    /** Exact Gauss-Newton. */
    EGN(Family.SAMPLE_SPACE, Optimizer.EGN, null),
    /** The empirical Fisher layer by layer, as FNGD has it in its first epoch. */
    FNGD(Family.SAMPLE_SPACE, Optimizer.FNGD, null),
    /** Adam without momentum. */
    ADAM(Family.DIAGONAL, Optimizer.ADAM, null),
    /** AdaFisher without momentum. */
    ADAFISHER(Family.DIAGONAL, Optimizer.ADAFISHER, null),
    /** FAdam without momentum and weight decay. */
    FADAM(Family.DIAGONAL, Optimizer.FADAM, null);

    private final Family family;
    private final Optimizer optimizer;
    private final Curvature curvature;

    StudiedMethod(Family family, Optimizer optimizer, Curvature curvature) {
        this.family = family;
        this.optimizer = optimizer;
        this.curvature = curvature;
    }

    /** @return the name on the command line and in result files */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @return what kind of method it is */
    public Family family() {
        return family;
    }

    /** @return whether its cost grows with the number of output units, so that it is for classifiers only */
    public boolean perOutput() {
        return this == EGN || curvature == Curvature.EXACT_FISHER;
    }

    /** @return whether it is measured over a range of dampings: what Wu et al. (2024) make claims on */
    public boolean swept() {
        return this == IEF || this == EF || this == SF;
    }

    /** @return the optimizer whose steps it takes; null for the exact natural gradient */
    Optimizer optimizer() {
        return optimizer;
    }

    /**
     * @param damping relative to the curvature, or null for the optimizer's own damping
     * @return settings with which a step shows the curvature and nothing else: no memory of earlier steps, statistics and
     *     inverses up to date. EKFAC keeps its interval between two bases, since its second moments follow every batch
     */
    OptimizerSettings settings(Double damping) {
        OptimizerSettings upToDate = optimizer == Optimizer.EKFAC
                ? OptimizerSettings.DEFAULTS
                : OptimizerSettings.DEFAULTS.with(Setting.INVERSE_INTERVAL, 1);
        return upToDate.with(Setting.MOMENTUM, 0.)
                .with(Setting.BETA, 0.)
                .with(Setting.WEIGHT_DECAY, 0.)
                .with(Setting.STATISTICS_INTERVAL, 1)
                .with(Setting.RELATIVE_DAMPING, damping)
                .with(Setting.CURVATURE, curvature)
                .only(optimizer.settings());
    }

    /**
     * @param id a name as {@link #id()} gives it
     * @return the method
     * @throws UserError if there is none of that name
     */
    public static StudiedMethod of(String id) {
        return updaters().stream()
                .filter(known -> known.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new UserError("unknown method '" + id + "'; known are "
                        + updaters().stream().map(StudiedMethod::id).collect(Collectors.joining(", "))));
    }

    /** @return all methods but the exact natural gradient, which is always measured as the yardstick */
    public static List<StudiedMethod> updaters() {
        return Arrays.stream(values()).filter(method -> method != EXACT).toList();
    }
}
