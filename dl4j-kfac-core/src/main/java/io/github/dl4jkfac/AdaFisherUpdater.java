package io.github.dl4jkfac;

import io.github.dl4jkfac.curvature.diagonal.DiagonalAverage;
import io.github.dl4jkfac.curvature.diagonal.DiagonalAverage.Scaling;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.Option;
import java.util.List;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.shade.jackson.databind.JsonNode;

/** What {@link AdaFisher} and {@link AdaFisherW} have in common: all but weight decay. */
abstract class AdaFisherUpdater extends DampedUpdater {

    private static final long serialVersionUID = 1L;

    /** How the factors are averaged. */
    private DiagonalAverage average;

    AdaFisherUpdater(Hyperparameters hyperparameters, IUpdater fallback, DiagonalAverage average) {
        super(hyperparameters, fallback);
        this.average = average;
    }

    /** {@return beta, the memory of the gradients' moving average, in [0,1)} */
    public double beta() {
        return hyperparameters().step().momentum();
    }

    /** {@return the number of steps between two batches that enter the factors} */
    public int statisticsInterval() {
        return hyperparameters().statistics().statisticsInterval();
    }

    /** {@return gamma, the weight of the old average of a factor, in [0,1)} */
    public double gamma() {
        return average.keep();
    }

    /** {@return the weight of a new batch in the average of a factor, 1 - gamma unless it has been set apart} */
    public double gammaOfBatch() {
        return average.add();
    }

    /** {@return whether the averages are scaled to the range from 0 to 1, instead of each batch's factors} */
    public boolean scaledAverages() {
        return average.scaling() == Scaling.AVERAGES;
    }

    final DiagonalAverage average() {
        return average;
    }

    /** The coefficient of weight decay that enters the step unpreconditioned. */
    double decay() {
        return 0;
    }

    @Override
    UpdaterMethod method() {
        return new AdaFisherMethod(this);
    }

    @Override
    List<Object> options() {
        return List.of(average.keep(), average.add(), average.scaling(), decay());
    }

    @Override
    List<Object> meaning() {
        return List.of(average.scaling());
    }

    @Override
    void requireSound() {
        super.requireSound();
        Option.choice("average", average);
        Option.notNegative("weightDecay", decay());
    }

    /** Some values follow others. */
    final void follow(AdaFisherBuilder<?> builder, JsonNode given) {
        JsonNode keep = given.path("average").path("keep");
        if (keep.isNumber()) {
            builder.gamma(keep.asDouble());
        }
        JsonNode interval = given.path("hyperparameters").path("statistics").path("statisticsInterval");
        if (interval.isInt()) {
            builder.statisticsInterval(interval.asInt());
        }
    }
}
