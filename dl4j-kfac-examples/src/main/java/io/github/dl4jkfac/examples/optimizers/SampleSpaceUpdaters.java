package io.github.dl4jkfac.examples.optimizers;

import io.github.dl4jkfac.CoefficientReuse;
import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.ExactFisher;
import io.github.dl4jkfac.KFac;
import java.util.List;
import org.nd4j.linalg.learning.config.IUpdater;

/** Updaters in the space of the batch's samples, with what the user set. */
final class SampleSpaceUpdaters {

    static final List<Setting<?>> SETTINGS =
            List.of(Setting.MOMENTUM, Setting.DAMPING, Setting.RELATIVE_DAMPING, Setting.KL_CLIP);

    private SampleSpaceUpdaters() {}

    static IUpdater improvedEmpiricalFisher(OptimizerSettings chosen, long seed) {
        return builder(Curvature.IMPROVED_EMPIRICAL_FISHER, chosen, seed).build();
    }

    static IUpdater empiricalFisher(OptimizerSettings chosen, long seed) {
        return builder(Curvature.EMPIRICAL_FISHER, chosen, seed).build();
    }

    static IUpdater sampledFisher(OptimizerSettings chosen, long seed) {
        return builder(Curvature.SAMPLED_FISHER, chosen, seed).build();
    }

    static IUpdater gaussNewton(OptimizerSettings chosen, long seed) {
        return builder(Curvature.EXACT_FISHER, chosen, seed).build();
    }

    /** Examples come in another order in every epoch, so that positions in the batch are all that epochs share. */
    static IUpdater sharedCoefficients(OptimizerSettings chosen, long seed) {
        ExactFisher.Builder builder =
                builder(Curvature.EMPIRICAL_FISHER, chosen, seed).layerWise();
        chosen.ifSet(Setting.EPOCH_SIZE, size -> builder.reuseCoefficients(CoefficientReuse.BY_POSITION, size));
        return builder.build();
    }

    private static ExactFisher.Builder builder(Curvature curvature, OptimizerSettings chosen, long seed) {
        boolean improved = curvature == Curvature.IMPROVED_EMPIRICAL_FISHER;
        ExactFisher.Builder builder = ExactFisher.builder()
                .seed(seed)
                .curvature(curvature)
                .learningRate(chosen.rate(
                        improved ? ExactFisher.DEFAULT_IMPROVED_LEARNING_RATE : ExactFisher.DEFAULT_LEARNING_RATE));
        chosen.ifSet(Setting.MOMENTUM, builder::momentum);
        chosen.ifSet(Setting.RELATIVE_DAMPING, builder::relativeDamping);
        chosen.ifSet(Setting.DAMPING, builder::damping);
        if (chosen.get(Setting.AUTOMATIC, false)) {
            return builder.automatic().learningRate(chosen.rate(KFac.AUTOMATIC_LEARNING_RATE));
        }
        if (!improved || chosen.settings().contains(Setting.KL_CLIP)) { // it has no bound unless one is set
            KroneckerUpdaters.setKlClip(chosen, ExactFisher.DEFAULT_KL_CLIP, builder::klClip, builder::klClip);
        }
        return builder;
    }
}
