package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** Options that span a grid of settings. What is not given stays at the optimizer's default. */
final class GridOptions {

    @Option(names = "--learning-rates", split = ",", paramLabel = "X", description = "Learning rates to try.")
    List<Double> learningRates;

    @Option(
            names = "--momentums",
            split = ",",
            paramLabel = "X",
            description = "Momentum coefficients to try (nesterovs, kfac and its relatives).")
    List<Double> momentums;

    @Option(names = "--dampings", split = ",", paramLabel = "X", description = "Dampings to try.")
    List<Double> dampings;

    @Option(names = "--kl-clips", split = ",", paramLabel = "X", description = "KL clips to try.")
    List<Double> klClips;

    @Option(
            names = "--curvatures",
            split = ",",
            paramLabel = "NAME",
            description = "Curvatures to try (kfac, ekfac, kfac-tridiagonal): ${COMPLETION-CANDIDATES}.")
    List<Curvature> curvatures;

    @Option(
            names = "--statistics-intervals",
            split = ",",
            paramLabel = "N",
            description = "Steps between updates of the statistics to try.")
    List<Integer> statisticsIntervals;

    @Option(
            names = "--inverse-intervals",
            split = ",",
            paramLabel = "N",
            description = "Steps between inversions to try.")
    List<Integer> inverseIntervals;

    /** @throws UserError naming the option and the first of its values that is out of range */
    void check() {
        each(learningRates, value -> Checks.positive("--learning-rates", value));
        each(momentums, value -> Checks.memory("--momentums", value));
        each(dampings, value -> Checks.notNegative("--dampings", value));
        each(klClips, value -> Checks.positive("--kl-clips", value));
        each(statisticsIntervals, value -> Checks.atLeastOne("--statistics-intervals", value));
        each(inverseIntervals, value -> Checks.atLeastOne("--inverse-intervals", value));
    }

    private static <T> void each(List<T> values, Consumer<T> check) {
        if (values != null) {
            values.forEach(check);
        }
    }

    /**
     * @param optimizer which optimizer
     * @return every combination of the settings that this optimizer has
     */
    List<OptimizerSettings> settings(Optimizer optimizer) {
        List<OptimizerSettings> grid = List.of(OptimizerSettings.DEFAULTS);
        grid = cross(grid, optimizer, Setting.LEARNING_RATE, learningRates);
        grid = cross(grid, optimizer, Setting.MOMENTUM, momentums);
        grid = cross(grid, optimizer, Setting.DAMPING, dampings);
        grid = cross(grid, optimizer, Setting.KL_CLIP, klClips);
        grid = cross(grid, optimizer, Setting.CURVATURE, curvatures);
        grid = cross(grid, optimizer, Setting.STATISTICS_INTERVAL, statisticsIntervals);
        return cross(grid, optimizer, Setting.INVERSE_INTERVAL, inverseIntervals);
    }

    private static <T> List<OptimizerSettings> cross(
            List<OptimizerSettings> grid, Optimizer optimizer, Setting<T> setting, List<T> values) {
        if (values == null || !optimizer.settings().contains(setting)) {
            return grid;
        }
        List<OptimizerSettings> crossed = new ArrayList<>();
        for (OptimizerSettings settings : grid) {
            for (T value : values) {
                crossed.add(settings.with(setting, value));
            }
        }
        return crossed;
    }
}
