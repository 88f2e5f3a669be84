package io.github.dl4jkfac.control;

import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.NetworkScalars.Scalar;

/** What the measured models have said of the length of a step and its momentum, for the steps until the next one. */
final class MeasuredStep {

    private static final double MOST_MOMENTUM = 0.95;

    /** Weight of the past in the average of mu, and of log r. */
    private static final double MOMENTUM_MEMORY = 0.8;

    private static final double CURVATURE_MEMORY = 0.5;

    /** Curvatures whose logarithms differ by no more are much the same. */
    private static final double CALM_DRIFT = Math.log(2);

    private final NetworkScalars scalars;
    private final boolean isWithoutMomentum;
    private final DirectionKind kind;

    /**
     * @param isWithoutMomentum whether mu shall be zero
     * @param kind what U is like
     */
    MeasuredStep(NetworkScalars scalars, boolean isWithoutMomentum, DirectionKind kind) {
        this.scalars = scalars;
        this.isWithoutMomentum = isWithoutMomentum;
        this.kind = kind;
    }

    /** Whether nothing has been measured yet. */
    boolean isEmpty() {
        return curvature() == 0;
    }

    /** r = U^T G U / &lt;U,V&gt;, averaged; 0 if nothing has been measured. */
    double curvature() {
        return scalars.get(Scalar.STEP_CURVATURE, 0);
    }

    /** The average of mu, where it is positive. */
    double momentum() {
        return isWithoutMomentum ? 0 : Math.max(0, scalars.get(Scalar.STEP_MOMENTUM, 0));
    }

    /**
     * The largest alpha. It is 1 where U is the Newton step of a curvature that knows more than one batch, so that a batch that knows nothing
     * does not lengthen it. Other matrices may be in other units than the objective: the empirical Fisher of a batch is in those of its
     * square, and scaled matrices have units of their own. There the first alpha counts where it is larger, since U becomes longer as the loss falls.
     *
     * @param rate that the present model would like
     */
    double mostRate(double rate) {
        if (kind.isNewton()) {
            return 1;
        }
        if (scalars.get(Scalar.STEP_MOST_RATE, 0) == 0 && rate > 0 && Double.isFinite(rate)) {
            scalars.set(Scalar.STEP_MOST_RATE, Math.max(1, rate));
        }
        return scalars.get(Scalar.STEP_MOST_RATE, 1);
    }

    /**
     * Takes in a model.
     *
     * @return whether it bends the objective along U quite otherwise than the ones before
     */
    boolean keep(QuadraticModel quadratic) {
        double mu = Math.max(-1, Math.min(MOST_MOMENTUM, quadratic.bestMomentum()));
        double old = scalars.get(Scalar.STEP_MOMENTUM, 0);
        scalars.set(Scalar.STEP_MOMENTUM, old == 0 ? mu : MOMENTUM_MEMORY * old + (1 - MOMENTUM_MEMORY) * mu);
        return keepCurvature(quadratic.curvature() / quadratic.slope());
    }

    private boolean keepCurvature(double r) {
        boolean isFirst = isEmpty();
        double old = curvature();
        double kept = isFirst ? r : Math.pow(old, CURVATURE_MEMORY) * Math.pow(r, 1 - CURVATURE_MEMORY);
        scalars.set(Scalar.STEP_CURVATURE, kept);
        return isFirst || Math.abs(Math.log(r / old)) >= CALM_DRIFT;
    }
}
