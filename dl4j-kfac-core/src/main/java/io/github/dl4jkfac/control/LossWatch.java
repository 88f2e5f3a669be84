package io.github.dl4jkfac.control;

import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.NetworkScalars.Scalar;

/**
 * Shortens steps where the loss has stopped falling. Steps on batches that differ come to rest at a distance from the minimum, which grows
 * with the length of the steps. So the losses of the batches are averaged over windows, and where a window's mean is not lower than the
 * last one's, all further steps are halved. Shorter steps need longer to come to rest, so the windows grow by half each time; together
 * that makes steps which fall about as 1/t, as stochastic approximation asks.
 */
final class LossWatch {

    /** Losses in the first window. */
    static final int FIRST_WINDOW = 15;

    static final double SHORTER = 0.5;
    static final double LONGER_WINDOW = 1.5;

    private final NetworkScalars scalars;
    private final boolean isOff;

    LossWatch(NetworkScalars scalars) {
        this(scalars, false);
    }

    /** @param isOff whether it shall shorten nothing */
    LossWatch(NetworkScalars scalars, boolean isOff) {
        this.scalars = scalars;
        this.isOff = isOff;
    }

    /** The share of the model's step that is taken, in (0,1]. */
    double share() {
        return isOff ? 1 : scalars.get(Scalar.STEP_SHARE, 1);
    }

    /** @param loss of a batch; one that is not finite is not counted */
    void see(double loss) {
        if (!Double.isFinite(loss)) {
            return;
        }
        double count = scalars.get(Scalar.LOSS_COUNT, 0) + 1;
        double mean = scalars.get(Scalar.LOSS_MEAN, 0);
        scalars.set(Scalar.LOSS_MEAN, mean + (loss - mean) / count);
        scalars.set(Scalar.LOSS_COUNT, count);
        if (count >= scalars.get(Scalar.LOSS_WINDOW, FIRST_WINDOW)) {
            endWindow(scalars.get(Scalar.LOSS_MEAN, 0));
        }
    }

    private void endWindow(double mean) {
        boolean hasOld = scalars.get(Scalar.OLD_LOSSES, 0) > 0;
        if (hasOld && !(mean < scalars.get(Scalar.OLD_LOSS_MEAN, 0))) {
            scalars.set(Scalar.STEP_SHARE, SHORTER * share());
            scalars.set(Scalar.LOSS_WINDOW, Math.round(LONGER_WINDOW * scalars.get(Scalar.LOSS_WINDOW, FIRST_WINDOW)));
            scalars.set(Scalar.OLD_LOSSES, 0); // shorter steps are compared with each other only
        } else {
            scalars.set(Scalar.OLD_LOSS_MEAN, mean);
            scalars.set(Scalar.OLD_LOSSES, scalars.get(Scalar.LOSS_COUNT, 0));
        }
        scalars.set(Scalar.LOSS_COUNT, 0);
        scalars.set(Scalar.LOSS_MEAN, 0);
    }
}
