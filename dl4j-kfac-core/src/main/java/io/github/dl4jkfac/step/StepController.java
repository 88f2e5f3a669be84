package io.github.dl4jkfac.step;

import java.util.OptionalDouble;

/** Looks at a step before it is taken, and says how long it is to be. */
@FunctionalInterface
public interface StepController {

    /**
     * The step that is taken: share nu U, and the momentum that it enters.
     *
     * @param share of nu U, not negative; with 0 what is left of the momentum goes on alone
     * @param momentum mu, what is left of the last step; empty for each updater's own
     */
    record Coefficients(double share, OptionalDouble momentum) {

        /** The step as it has been proposed. */
        public static final Coefficients ALL = ofShare(1);

        /**
         * A shorter step, with each updater's own momentum.
         *
         * @param share of nu U, in [0,1]
         * @return the coefficients
         */
        public static Coefficients ofShare(double share) {
            return new Coefficients(share, OptionalDouble.empty());
        }
    }

    /**
     * Controls a step.
     *
     * @param proposal the gradient, what preconditioning has made of it, and the last step
     * @return what is taken of it
     */
    Coefficients control(StepProposal proposal);

    /** {@return whether it chooses the length of steps by itself: no bound holds then, and proposals tell of the momentum} */
    default boolean choosesLength() {
        return false;
    }
}
