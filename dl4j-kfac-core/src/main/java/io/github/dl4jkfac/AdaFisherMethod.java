package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.curvature.diagonal.DiagonalAverage;
import io.github.dl4jkfac.curvature.diagonal.DiagonalKroneckerBlock;
import io.github.dl4jkfac.plan.BlockSite;
import io.github.dl4jkfac.step.Momentum;
import io.github.dl4jkfac.step.RefreshPlan;

/** What {@link AdaFisher} and {@link AdaFisherW} decide. */
final class AdaFisherMethod extends UpdaterMethod {

    private final DiagonalAverage average;
    private final double weightDecay;

    AdaFisherMethod(AdaFisherUpdater updater) {
        super(updater);
        this.average = updater.average();
        this.weightDecay = updater.decay();
    }

    @Override
    public DerivativeSource source() {
        return DerivativeSource.TRUE_LABELS;
    }

    /** A diagonal for every kind of rows and any size; a kind of block that somebody has registered for his own rows goes first. */
    @Override
    public BlockKind kindAt(BlockSite site) {
        return site.group().type() == null
                ? DiagonalKroneckerBlock.type(average)
                : site.group().type();
    }

    @Override
    public String obstacleAt(BlockSite site) {
        throw new IllegalStateException("there is a diagonal for every group of parameters");
    }

    /** Steps that are measured repeat a measured share of the last one. */
    @Override
    public Momentum momentum() {
        return hyperparameters().step().automatic() ? Momentum.OF_STEPS : Momentum.OF_GRADIENTS;
    }

    @Override
    public double weightDecay() {
        return weightDecay;
    }

    /** The factors are scaled to the range from 0 to 1. */
    @Override
    public boolean isInUnitsOfObjective() {
        return false;
    }

    @Override
    public RefreshPlan refreshPlan() {
        return new RefreshPlan(
                hyperparameters().statistics().statisticsInterval(),
                hyperparameters().refresh().inverseInterval(),
                false);
    }
}
