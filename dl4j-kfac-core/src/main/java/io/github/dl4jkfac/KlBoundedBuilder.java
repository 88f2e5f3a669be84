package io.github.dl4jkfac;

import java.util.Objects;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * Collects the options of updaters that precondition by a damped curvature matrix and bound their step in its metric.
 *
 * @param <B> the builder itself
 */
abstract class KlBoundedBuilder<B extends KlBoundedBuilder<B>> extends DampedUpdaterBuilder<B> {

    /**
     * Lets each step be as long as it does good: preconditioning says where to go, and how far is asked of the exact Gauss-Newton matrix of the
     * batch and of the loss itself (Martens and Grosse 2015, sec. 6.4, 6.5 and 7). The learning rate is a factor of the
     * step that is found so. Takes the place of {@link #klClip}, {@link #withoutKlClip} and {@link #momentum}, of which the last one called
     * counts.
     *
     * @return this builder
     */
    public B automatic() {
        draft.automatic = true;
        return self();
    }

    /**
     * Sets the momentum of steps that are controlled by hand, in place of {@link #automatic}: m &lt;- mu m + nu U, where U is the preconditioned gradient.
     *
     * @param mu in [0,1)
     * @return this builder
     */
    public B momentum(double mu) {
        draft.automatic = false;
        draft.momentum = mu;
        return self();
    }

    /**
     * Sets the bound kl &gt; 0 of d^T F_d d, the squared length of the step d = alpha nu U in the damped Fisher metric; about
     * twice the KL divergence between the predictions before and after it (Ba, Grosse, Martens 2017, sec. 5).
     *
     * @param kl the bound
     * @return this builder
     * @throws IllegalArgumentException if the bound is not positive
     */
    public B klClip(double kl) {
        if (!(kl > 0)) {
            throw new IllegalArgumentException(
                    "klClip must be positive, got " + kl + "; withoutKlClip() switches it off");
        }
        draft.automatic = false;
        draft.klClip = kl;
        draft.klClipSchedule = null;
        return self();
    }

    /**
     * Sets the bound by a schedule. As long as the bound binds, the learning rate does not change the length of the step; a
     * step that is to shrink to the p-th part takes a bound that shrinks to the p^2-th.
     *
     * @param schedule kl as a function of iteration or epoch; 0 makes a step of no length, and a step for which it is negative,
     *     infinite or no number fails before it has changed anything
     * @return this builder
     */
    public B klClip(ISchedule schedule) {
        draft.automatic = false;
        draft.klClipSchedule = Objects.requireNonNull(schedule, "klClip schedule");
        return self();
    }

    /**
     * Takes the step with the learning rate alone, however long it is.
     *
     * @return this builder
     */
    public B withoutKlClip() {
        draft.automatic = false;
        draft.klClip = 0.0;
        draft.klClipSchedule = null;
        return self();
    }

    /**
     * Sets the seed of the private random stream that draws targets; ND4J's global stream is not touched.
     *
     * @param value any number
     * @return this builder
     */
    public B seed(long value) {
        draft.seed = value;
        return self();
    }
}
