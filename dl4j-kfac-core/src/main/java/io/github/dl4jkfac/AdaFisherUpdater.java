package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.curvature.BlockKind;
import io.github.dl4jkfac.curvature.DiagonalAverage;
import io.github.dl4jkfac.curvature.DiagonalKroneckerBlock;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.Momentum;
import io.github.dl4jkfac.step.RefreshPlan;
import java.util.List;
import org.nd4j.linalg.learning.config.IUpdater;

/** What {@link AdaFisher} and {@link AdaFisherW} have in common: all but weight decay. */
abstract class AdaFisherUpdater extends NaturalGradientUpdater {

    private static final long serialVersionUID = 1L;

    /** How the factors are averaged. */
    private DiagonalAverage average;

    AdaFisherUpdater(Hyperparameters hyperparameters, IUpdater fallback, DiagonalAverage average) {
        super(hyperparameters, fallback);
        this.average = average;
    }

    @Override
    DerivativeSource source() {
        return DerivativeSource.TRUE_LABELS;
    }

    /** A diagonal for every kind of rows and any size; a block type that somebody has registered for his own rows goes first. */
    @Override
    BlockKind kindAt(BlockSite site) {
        return site.group().type() == null
                ? DiagonalKroneckerBlock.type(average)
                : site.group().type();
    }

    @Override
    String obstacleAt(BlockSite site) {
        throw new IllegalStateException("there is a diagonal for every group of parameters");
    }

    @Override
    Momentum momentum() {
        return Momentum.OF_GRADIENTS;
    }

    /** The factors are scaled to the range from 0 to 1: an L2 coefficient is in other units. */
    @Override
    boolean isDampedByL2() {
        return false;
    }

    @Override
    RefreshPlan refreshPlan() {
        return new RefreshPlan(
                hyperparameters().statisticsInterval(), hyperparameters().inverseInterval(), false);
    }

    @Override
    List<Object> options() {
        return List.of(average.keep(), average.add(), average.scaling(), weightDecay());
    }
}
