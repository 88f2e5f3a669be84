package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Row;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * All settings of a contender's grid tried on the first seed.
 *
 * @param contender whose grid
 * @param values what came of each setting; less is better, infinity where training broke
 */
record Search(Contender contender, Map<OptimizerSettings, Double> values) {

    /**
     * Tries them.
     *
     * @param trial what to train and for how long; its settings do not count
     * @param value of a run, of which less is better
     */
    static Search of(
            Trials trials, Problem problem, Contender contender, Trial trial, ToDoubleFunction<List<Row>> value) {
        Map<OptimizerSettings, Double> values = new LinkedHashMap<>();
        for (OptimizerSettings settings : contender.grid()) {
            double found =
                    contender.grid().size() == 1 ? 0 : value.applyAsDouble(trials.rows(problem, trial.with(settings)));
            values.put(settings, Double.isFinite(found) ? found : Double.POSITIVE_INFINITY);
        }
        return new Search(contender, values);
    }

    /** The settings with the lowest value. */
    OptimizerSettings best() {
        return values.entrySet().stream()
                .min(Comparator.comparingDouble(Map.Entry::getValue))
                .orElseThrow()
                .getKey();
    }
}
