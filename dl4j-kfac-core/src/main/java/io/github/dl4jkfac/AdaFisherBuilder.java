package io.github.dl4jkfac;

import io.github.dl4jkfac.curvature.diagonal.DiagonalAverage;
import io.github.dl4jkfac.curvature.diagonal.DiagonalAverage.Scaling;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.Option;

/**
 * Collects the options of {@link AdaFisher} and {@link AdaFisherW}.
 *
 * @param <B> the builder itself
 */
abstract class AdaFisherBuilder<B extends AdaFisherBuilder<B>> extends DampedUpdaterBuilder<B> {

    private double keep = AdaFisher.DEFAULT_GAMMA;
    private double add = 1 - AdaFisher.DEFAULT_GAMMA;
    private Scaling scaling = Scaling.BATCHES;

    AdaFisherBuilder() {
        draft.rateByHand = AdaFisher.DEFAULT_LEARNING_RATE;
        draft.momentum = AdaFisher.DEFAULT_BETA;
        draft.damping = AdaFisher.DEFAULT_DAMPING;
        draft.klClip = 0.0;
        draft.statisticsInterval = AdaFisher.DEFAULT_STATISTICS_INTERVAL;
    }

    final void take(AdaFisherUpdater updater) {
        super.take(updater);
        keep = updater.average().keep();
        add = updater.average().add();
        scaling = updater.average().scaling();
    }

    Hyperparameters hyperparameters(String updater) {
        average(updater); // whose message names gamma
        draft.inverseInterval = draft.statisticsInterval;
        draft.statisticsDecay = keep;
        return draft.checked(updater);
    }

    DiagonalAverage average(String updater) {
        try {
            return new DiagonalAverage(keep, add, scaling);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(updater + ": " + e.getMessage(), e);
        }
    }

    /**
     * Sets the memory of the gradients' moving average: m &lt;- beta m + (1 - beta) V.
     *
     * @param memory beta in [0,1)
     * @return this builder
     * @throws IllegalArgumentException if it is not
     */
    public B beta(double memory) {
        Option.share("beta", memory);
        draft.automatic = false;
        draft.klClip = 0.0;
        draft.momentum = memory;
        return self();
    }

    /**
     * Sets how often a batch enters the factors.
     *
     * @param steps number of steps between two such batches (the paper's T_cov), at least 1
     * @return this builder
     */
    public B statisticsInterval(int steps) {
        draft.statisticsInterval = steps;
        return self();
    }

    /**
     * Sets the memory of the factors' moving averages: H &lt;- gamma H + (1 - gamma) H_new, beginning as
     * a plain mean of the first batches.
     *
     * @param memory gamma in [0,1)
     * @return this builder
     */
    public B gamma(double memory) {
        return gamma(memory, 1 - memory);
    }

    /**
     * Sets the weights of the factors' moving averages one by one: H &lt;- keep H + add H_new. With the constants of the published
     * program, 0.08 and 0.008, the averages come to rest at 0.0087: their product is then at most 7.6e-5, far below the usual
     * damping lambda, and the step is that of gradient descent with the learning rate alpha / lambda.
     *
     * @param keep weight of the old average, in [0,1)
     * @param add weight of the new batch, in (0,1]
     * @return this builder
     */
    public B gamma(double keep, double add) {
        this.keep = keep;
        this.add = add;
        return self();
    }

    /**
     * Averages the factors as they are and scales the averages to the range from 0 to 1, instead of scaling each batch's factors
     * before they enter the averages.
     *
     * @return this builder
     */
    public B scaledAverages() {
        this.scaling = Scaling.AVERAGES;
        return self();
    }
}
