package io.github.dl4jkfac.examples.optimizers;

import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;

/** DL4J's own updaters, with what the user set. */
final class FirstOrderUpdaters {

    private static final double NESTEROVS_RATE = 0.0025;
    private static final double MUON_RATE = 0.02;
    private static final double SGD_RATE = 0.01;

    private FirstOrderUpdaters() {}

    static IUpdater nesterovs(OptimizerSettings chosen, long seed) {
        return new Nesterovs(
                chosen.rate(NESTEROVS_RATE), chosen.get(Setting.MOMENTUM, Nesterovs.DEFAULT_NESTEROV_MOMENTUM));
    }

    static IUpdater adam(OptimizerSettings chosen, long seed) {
        Adam adam = new Adam(chosen.rate(Adam.DEFAULT_ADAM_LEARNING_RATE));
        chosen.ifSet(Setting.BETA, adam::setBeta1);
        return adam;
    }

    static IUpdater adamW(OptimizerSettings chosen, long seed) {
        AdamW adam = new AdamW(
                chosen.rate(Adam.DEFAULT_ADAM_LEARNING_RATE),
                chosen.get(Setting.WEIGHT_DECAY, AdamW.DEFAULT_WEIGHT_DECAY));
        chosen.ifSet(Setting.BETA, adam::setBeta1);
        return adam;
    }

    static IUpdater muon(OptimizerSettings chosen, long seed) {
        return new Muon(chosen.rate(MUON_RATE), chosen.get(Setting.MOMENTUM, Muon.MOMENTUM), 0, 0, false);
    }

    static IUpdater sgd(OptimizerSettings chosen, long seed) {
        return new Sgd(chosen.rate(SGD_RATE));
    }
}
