package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Schedule;
import io.github.dl4jkfac.examples.optimizers.Setting;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Option;

/** Options on the settings of the optimizers; what is not given stays at their defaults. */
final class OptimizerOptions {

    @Option(
            names = "--learning-rate",
            split = ",",
            paramLabel = "[NAME=]X",
            description = "Learning rate of all optimizers (0.01) or of some (kfac=0.3,adam=1e-3). "
                    + "Default: each optimizer's own.")
    List<String> learningRates = List.of();

    @Option(
            names = "--momentum",
            paramLabel = "X",
            description = "Momentum coefficient (nesterovs, kfac and its relatives).")
    Double momentum;

    @Option(
            names = "--beta",
            paramLabel = "X",
            description = "Memory of the gradients' moving average (adam and its relatives).")
    Double beta;

    @Option(names = "--damping", paramLabel = "X", description = "Damping (natural-gradient methods).")
    Double damping;

    @Option(
            names = "--relative-damping",
            paramLabel = "X",
            description =
                    "Damping in proportion to the curvature, in place of an absolute one (ief and its relatives).")
    Double relativeDamping;

    @Option(
            names = "--kl-clip",
            paramLabel = "X",
            description = "Bound on the KL divergence of a step (kfac and its relatives).")
    Double klClip;

    @Option(
            names = "--statistics-interval",
            paramLabel = "N",
            description = "Steps between updates of the curvature statistics.")
    Integer statisticsInterval;

    @Option(names = "--inverse-interval", paramLabel = "N", description = "Steps between inversions.")
    Integer inverseInterval;

    @Option(
            names = "--background-refresh",
            description = "Compute inverses while training goes on (kfac, ekfac, kfac-tridiagonal).")
    boolean backgroundRefresh;

    @Option(
            names = "--curvature",
            paramLabel = "NAME",
            description = "Which Fisher matrix (kfac, ekfac, kfac-tridiagonal): ${COMPLETION-CANDIDATES}.")
    Curvature curvature;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            description = "Coefficient of the weight decay that is part of the optimizer.")
    Double weightDecay;

    /**
     * @param optimizers the optimizers in use
     * @param schedule of all learning rates, or null for the default
     * @return the settings of each, checked, in the same order
     * @throws UserError if a value is unknown or out of range
     */
    Map<Optimizer, OptimizerSettings> settings(Set<Optimizer> optimizers, Schedule schedule) {
        Map<Optimizer, Double> rates = learningRates(optimizers);
        check();
        OptimizerSettings all = OptimizerSettings.DEFAULTS
                .with(Setting.MOMENTUM, momentum)
                .with(Setting.BETA, beta)
                .with(Setting.DAMPING, damping)
                .with(Setting.RELATIVE_DAMPING, relativeDamping)
                .with(Setting.KL_CLIP, klClip)
                .with(Setting.CURVATURE, curvature)
                .with(Setting.STATISTICS_INTERVAL, statisticsInterval)
                .with(Setting.INVERSE_INTERVAL, inverseInterval)
                .with(Setting.BACKGROUND_REFRESH, backgroundRefresh ? true : null)
                .with(Setting.WEIGHT_DECAY, weightDecay)
                .with(Setting.SCHEDULE, schedule);
        requireUse(all, optimizers);
        Map<Optimizer, OptimizerSettings> settings = new LinkedHashMap<>();
        for (Optimizer optimizer : optimizers) {
            OptimizerSettings own = all.only(optimizer.settings()).with(Setting.LEARNING_RATE, rates.get(optimizer));
            // Builds the configuration once, so that a value which the optimizer refuses is reported before training.
            optimizer.updater(own, 0);
            settings.put(optimizer, own);
        }
        return settings;
    }

    /** Refuses a setting that none of the optimizers has, rather than ignore it. */
    private static void requireUse(OptimizerSettings all, Set<Optimizer> optimizers) {
        for (Setting<?> setting : all.settings()) {
            if (optimizers.stream().noneMatch(optimizer -> optimizer.settings().contains(setting))) {
                throw new UserError(setting.option() + " is of no use to the chosen optimizers; it is for "
                        + Optimizer.idsWith(setting));
            }
        }
    }

    private void check() {
        Checks.notNegative("--damping", damping);
        Checks.notNegative("--relative-damping", relativeDamping);
        Checks.positive("--kl-clip", klClip);
        Checks.atLeastOne("--statistics-interval", statisticsInterval);
        Checks.atLeastOne("--inverse-interval", inverseInterval);
        Checks.notNegative("--weight-decay", weightDecay);
        Checks.memory("--momentum", momentum);
        Checks.memory("--beta", beta);
    }

    private Map<Optimizer, Double> learningRates(Set<Optimizer> optimizers) {
        Map<Optimizer, Double> rates = new EnumMap<>(Optimizer.class);
        for (String entry : learningRates) {
            int equals = entry.indexOf('=');
            double rate = number(entry, entry.substring(equals + 1));
            if (equals < 0) {
                optimizers.forEach(optimizer -> rates.put(optimizer, rate));
                continue;
            }
            Optimizer optimizer = Optimizer.of(entry.substring(0, equals).trim());
            if (!optimizers.contains(optimizer)) {
                throw new UserError("--learning-rate " + entry + ": add " + optimizer.id()
                        + " to --optimizers or drop its learning rate");
            }
            rates.put(optimizer, rate);
        }
        return rates;
    }

    private static double number(String entry, String text) {
        try {
            double value = Double.parseDouble(text.trim());
            Checks.positive("--learning-rate", value);
            return value;
        } catch (NumberFormatException e) {
            throw new UserError("--learning-rate " + entry + " is no number; write 0.01 or kfac=0.3,adam=1e-3", e);
        }
    }
}
