package io.github.dl4jkfac.examples.optimizers;

import io.github.dl4jkfac.EKFac;
import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.Structure;
import java.util.List;
import java.util.function.Consumer;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;

/** Updaters with Kronecker factors, with what the user set. */
final class KroneckerUpdaters {

    static final List<Setting<?>> SETTINGS = List.of(
            Setting.MOMENTUM,
            Setting.DAMPING,
            Setting.KL_CLIP,
            Setting.CURVATURE,
            Setting.STATISTICS_INTERVAL,
            Setting.INVERSE_INTERVAL,
            Setting.BACKGROUND_REFRESH);

    private KroneckerUpdaters() {}

    /** Whoever sets the bound or the momentum controls the steps by hand; otherwise they are automatic. */
    private static boolean isByHand(OptimizerSettings chosen) {
        return chosen.settings().contains(Setting.KL_CLIP) || chosen.settings().contains(Setting.MOMENTUM);
    }

    static IUpdater kfac(OptimizerSettings chosen, long seed) {
        return kfac(chosen, seed, Structure.BLOCK_DIAGONAL);
    }

    static IUpdater tridiagonal(OptimizerSettings chosen, long seed) {
        return kfac(chosen, seed, Structure.BLOCK_TRIDIAGONAL);
    }

    private static IUpdater kfac(OptimizerSettings chosen, long seed, Structure structure) {
        KFac.Builder builder = KFac.builder()
                .seed(seed)
                .structure(structure)
                .learningRate(chosen.rate(isByHand(chosen) ? KFac.DEFAULT_LEARNING_RATE : KFac.AUTOMATIC_LEARNING_RATE))
                .fallback(fallback(chosen));
        chosen.ifSet(Setting.MOMENTUM, builder::momentum);
        chosen.ifSet(Setting.DAMPING, builder::damping);
        chosen.ifSet(Setting.CURVATURE, builder::curvature);
        chosen.ifSet(Setting.STATISTICS_INTERVAL, builder::statisticsInterval);
        chosen.ifSet(Setting.INVERSE_INTERVAL, builder::inverseInterval);
        if (chosen.get(Setting.BACKGROUND_REFRESH, false)) {
            builder.backgroundRefresh();
        }
        if (isByHand(chosen)) {
            setKlClip(chosen, KFac.DEFAULT_KL_CLIP, builder::klClip, builder::klClip);
        }
        return builder.build();
    }

    static IUpdater ekfac(OptimizerSettings chosen, long seed) {
        EKFac.Builder builder = EKFac.builder()
                .seed(seed)
                .learningRate(
                        chosen.rate(isByHand(chosen) ? EKFac.DEFAULT_LEARNING_RATE : KFac.AUTOMATIC_LEARNING_RATE))
                .fallback(fallback(chosen));
        chosen.ifSet(Setting.MOMENTUM, builder::momentum);
        chosen.ifSet(Setting.DAMPING, builder::damping);
        chosen.ifSet(Setting.CURVATURE, builder::curvature);
        chosen.ifSet(Setting.STATISTICS_INTERVAL, builder::statisticsInterval);
        chosen.ifSet(Setting.INVERSE_INTERVAL, builder::basisInterval);
        if (chosen.get(Setting.BACKGROUND_REFRESH, false)) {
            builder.backgroundRefresh();
        }
        if (isByHand(chosen)) {
            setKlClip(chosen, EKFac.DEFAULT_KL_CLIP, builder::klClip, builder::klClip);
        }
        return builder.build();
    }

    /** @return the updater of parameters that have no curvature block */
    static IUpdater fallback(OptimizerSettings chosen) {
        return new Adam(chosen.schedule(Adam.DEFAULT_ADAM_LEARNING_RATE));
    }

    /** A bound that binds hides the learning rate, so it has to shrink as the rate's square. */
    static void setKlClip(
            OptimizerSettings chosen, double standard, Consumer<Double> constant, Consumer<ISchedule> changing) {
        double klClip = chosen.get(Setting.KL_CLIP, standard);
        if (chosen.schedule() == Schedule.LINEAR) {
            changing.accept(new LinearDecay(klClip, 2));
        } else {
            constant.accept(klClip);
        }
    }
}
