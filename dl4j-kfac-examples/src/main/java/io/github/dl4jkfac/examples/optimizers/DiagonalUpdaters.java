package io.github.dl4jkfac.examples.optimizers;

import io.github.dl4jkfac.AdaFisher;
import io.github.dl4jkfac.AdaFisherW;
import io.github.dl4jkfac.FAdam;
import io.github.dl4jkfac.KFac;
import java.util.List;
import org.nd4j.linalg.learning.config.IUpdater;

/** Updaters with diagonal Fisher matrices, with what the user set. */
final class DiagonalUpdaters {

    static final List<Setting<?>> ADAFISHER = List.of(Setting.BETA, Setting.DAMPING, Setting.STATISTICS_INTERVAL);
    static final List<Setting<?>> ADAFISHERW =
            List.of(Setting.BETA, Setting.DAMPING, Setting.STATISTICS_INTERVAL, Setting.WEIGHT_DECAY);
    static final List<Setting<?>> FADAM = List.of(Setting.BETA, Setting.WEIGHT_DECAY);

    private DiagonalUpdaters() {}

    static IUpdater adaFisher(OptimizerSettings chosen, long seed) {
        boolean automatic = chosen.get(Setting.AUTOMATIC, false);
        AdaFisher.Builder builder = AdaFisher.builder()
                .learningRate(chosen.rate(automatic ? KFac.AUTOMATIC_LEARNING_RATE : AdaFisher.DEFAULT_LEARNING_RATE))
                .fallback(KroneckerUpdaters.fallback(chosen));
        if (automatic) {
            builder.automatic();
        }
        chosen.ifSet(Setting.BETA, builder::beta);
        chosen.ifSet(Setting.DAMPING, builder::damping);
        chosen.ifSet(Setting.STATISTICS_INTERVAL, builder::statisticsInterval);
        return builder.build();
    }

    static IUpdater adaFisherW(OptimizerSettings chosen, long seed) {
        AdaFisherW.Builder builder = AdaFisherW.builder()
                .learningRate(chosen.rate(AdaFisher.DEFAULT_LEARNING_RATE))
                .fallback(KroneckerUpdaters.fallback(chosen));
        chosen.ifSet(Setting.BETA, builder::beta);
        chosen.ifSet(Setting.DAMPING, builder::damping);
        chosen.ifSet(Setting.STATISTICS_INTERVAL, builder::statisticsInterval);
        chosen.ifSet(Setting.WEIGHT_DECAY, builder::weightDecay);
        return builder.build();
    }

    static IUpdater fAdam(OptimizerSettings chosen, long seed) {
        FAdam.Builder builder = FAdam.builder().learningRate(chosen.rate(FAdam.DEFAULT_LEARNING_RATE));
        chosen.ifSet(Setting.BETA, builder::beta1);
        chosen.ifSet(Setting.WEIGHT_DECAY, builder::weightDecay);
        return builder.build();
    }
}
