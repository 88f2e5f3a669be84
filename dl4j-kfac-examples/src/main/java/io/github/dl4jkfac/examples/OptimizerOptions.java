package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.examples.training.HyperParameters;
import io.github.dl4jkfac.examples.training.Optimizer;
import io.github.dl4jkfac.examples.training.Schedule;
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

    @Option(names = "--momentum", paramLabel = "X", description = "Momentum coefficient (kfac, nesterovs).")
    Double momentum;

    @Option(names = "--damping", paramLabel = "X", description = "Damping (kfac).")
    Double damping;

    @Option(names = "--kl-clip", paramLabel = "X", description = "Bound on the KL divergence of a step (kfac).")
    Double klClip;

    @Option(
            names = "--statistics-interval",
            paramLabel = "N",
            description = "Steps between updates of the curvature statistics (kfac).")
    Integer statisticsInterval;

    @Option(names = "--inverse-interval", paramLabel = "N", description = "Steps between inversions (kfac).")
    Integer inverseInterval;

    @Option(
            names = "--curvature",
            paramLabel = "NAME",
            description = "Which Fisher matrix (kfac): ${COMPLETION-CANDIDATES}.")
    Curvature curvature;

    /**
     * @param optimizers the optimizers in use
     * @param schedule of all learning rates, or null for the default
     * @return the settings of each, checked, in the same order
     * @throws UserError if a value is unknown or out of range
     */
    Map<Optimizer, HyperParameters> settings(Set<Optimizer> optimizers, Schedule schedule) {
        Map<Optimizer, Double> rates = learningRates(optimizers);
        check();
        HyperParameters secondOrder = new HyperParameters(
                null, momentum, damping, klClip, curvature, statisticsInterval, inverseInterval, schedule);
        Map<Optimizer, HyperParameters> settings = new LinkedHashMap<>();
        for (Optimizer optimizer : optimizers) {
            HyperParameters own = optimizer.firstOrder() ? HyperParameters.DEFAULTS : secondOrder;
            own = own.withLearningRate(rates.get(optimizer))
                    .withMomentum(optimizer.hasMomentum() ? momentum : null)
                    .withSchedule(schedule);
            // Builds the configuration once, so that a value which the optimizer refuses is reported before training.
            optimizer.updater(own, 0);
            settings.put(optimizer, own);
        }
        return settings;
    }

    private void check() {
        Checks.notNegative("--damping", damping);
        Checks.positive("--kl-clip", klClip);
        Checks.atLeastOne("--statistics-interval", statisticsInterval);
        Checks.atLeastOne("--inverse-interval", inverseInterval);
        if (momentum != null && !(momentum >= 0 && momentum < 1)) {
            throw new UserError("--momentum must be within 0 and 1, 1 excluded. Got: " + momentum);
        }
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
