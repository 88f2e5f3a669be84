package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.Curvature;
import io.github.dl4jkfac.examples.training.HyperParameters;
import io.github.dl4jkfac.examples.training.Optimizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import picocli.CommandLine.Option;

/** Options that span a grid of settings. What is not given stays at the optimizer's default. */
final class GridOptions {

    @Option(names = "--learning-rates", split = ",", paramLabel = "X", description = "Learning rates to try.")
    List<Double> learningRates;

    @Option(
            names = "--momentums",
            split = ",",
            paramLabel = "X",
            description = "Momentum coefficients to try (kfac, nesterovs).")
    List<Double> momentums;

    @Option(names = "--dampings", split = ",", paramLabel = "X", description = "Dampings to try (kfac).")
    List<Double> dampings;

    @Option(names = "--kl-clips", split = ",", paramLabel = "X", description = "KL clips to try (kfac).")
    List<Double> klClips;

    @Option(
            names = "--curvatures",
            split = ",",
            paramLabel = "NAME",
            description = "Curvatures to try (kfac): ${COMPLETION-CANDIDATES}.")
    List<Curvature> curvatures;

    @Option(
            names = "--statistics-intervals",
            split = ",",
            paramLabel = "N",
            description = "Steps between updates of the statistics to try (kfac).")
    List<Integer> statisticsIntervals;

    @Option(
            names = "--inverse-intervals",
            split = ",",
            paramLabel = "N",
            description = "Steps between inversions to try (kfac).")
    List<Integer> inverseIntervals;

    /**
     * @param optimizer which optimizer
     * @return every combination of the settings that this optimizer has
     */
    List<HyperParameters> settings(Optimizer optimizer) {
        List<HyperParameters> grid = List.of(HyperParameters.DEFAULTS);
        grid = cross(grid, learningRates, HyperParameters::withLearningRate);
        if (optimizer.hasMomentum()) {
            grid = cross(grid, momentums, HyperParameters::withMomentum);
        }
        if (!optimizer.firstOrder()) {
            grid = cross(grid, dampings, HyperParameters::withDamping);
            grid = cross(grid, klClips, HyperParameters::withKlClip);
            grid = cross(grid, curvatures, HyperParameters::withCurvature);
            grid = cross(grid, statisticsIntervals, HyperParameters::withStatisticsInterval);
            grid = cross(grid, inverseIntervals, HyperParameters::withInverseInterval);
        }
        return grid;
    }

    private static <T> List<HyperParameters> cross(
            List<HyperParameters> grid, List<T> values, BiFunction<HyperParameters, T, HyperParameters> with) {
        List<T> choices = values == null ? Collections.singletonList(null) : values;
        List<HyperParameters> crossed = new ArrayList<>();
        for (HyperParameters settings : grid) {
            for (T choice : choices) {
                crossed.add(with.apply(settings, choice));
            }
        }
        return crossed;
    }
}
