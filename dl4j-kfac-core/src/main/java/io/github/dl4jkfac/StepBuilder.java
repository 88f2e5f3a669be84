package io.github.dl4jkfac;

import java.util.Objects;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Collects the options that every updater with curvature blocks has.
 *
 * @param <B> the builder itself
 */
abstract class StepBuilder<B extends StepBuilder<B>> extends RateBuilder<B> {

    IUpdater fallback = new Adam();

    @Override
    final void take(NaturalGradientUpdater updater) {
        super.take(updater);
        fallback = updater.fallbackOrNull().clone();
    }

    /**
     * Sets the updater of all parameters that have no curvature block; Adam with its defaults unless set.
     *
     * @param updater any updater but those of this library
     * @return this builder
     */
    public B fallback(IUpdater updater) {
        if (updater instanceof NaturalGradientUpdater own) {
            throw new IllegalArgumentException("The fallback updater cannot be " + own.name()
                    + ", which needs a curvature block itself; use Adam, for example");
        }
        this.fallback = Objects.requireNonNull(updater, "fallback");
        return self();
    }
}
