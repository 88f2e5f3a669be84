package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.examples.training.HyperParameters;
import io.github.dl4jkfac.examples.training.Optimizer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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

    @Option(names = "--damping", paramLabel = "X", description = "Damping (kfac).")
    Double damping;

    @Option(
            names = "--curvature",
            paramLabel = "NAME",
            description = "Which Fisher matrix (kfac): sampled_fisher, empirical_fisher, improved_empirical_fisher.")
    String curvature;

    /**
     * @param optimizers the optimizers in use
     * @return the settings of each, checked
     * @throws UserError if a value is unknown or out of range
     */
    Map<Optimizer, HyperParameters> settings(Set<Optimizer> optimizers) {
        Map<Optimizer, Double> rates = learningRates(optimizers);
        Checks.positive("--damping", damping);
        HyperParameters common = HyperParameters.DEFAULTS.withDamping(damping).withCurvature(curvature());
        Map<Optimizer, HyperParameters> settings = new EnumMap<>(Optimizer.class);
        for (Optimizer optimizer : optimizers) {
            HyperParameters own = optimizer.firstOrder() ? HyperParameters.DEFAULTS : common;
            settings.put(optimizer, own.withLearningRate(rates.get(optimizer)));
            // Builds the configuration once, so that a value which the optimizer refuses is reported before training.
            optimizer.updater(settings.get(optimizer), 0);
        }
        return settings;
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

    private Curvature curvature() {
        if (curvature == null) {
            return null;
        }
        return Arrays.stream(Curvature.values())
                .filter(known -> known.name().equalsIgnoreCase(curvature))
                .findFirst()
                .orElseThrow(() -> new UserError("unknown --curvature '" + curvature + "'; take one of "
                        + Arrays.stream(Curvature.values())
                                .map(known -> known.name().toLowerCase())
                                .collect(Collectors.joining(", "))));
    }
}
