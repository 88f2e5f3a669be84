package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.training.Row;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.commons.statistics.descriptive.Median;

/** Results of a grid of settings: medians over the seeds, the best of each optimizer first. */
public final class TuneTable {

    private final boolean classifies;
    private final Map<Optimizer, Map<OptimizerSettings, List<Row>>> results = new LinkedHashMap<>();

    /** @param classifies whether there is an accuracy, which then stands in the place of the error */
    public TuneTable(boolean classifies) {
        this.classifies = classifies;
    }

    /**
     * @param optimizer which optimizer
     * @param settings its settings
     * @param last the end of the run
     */
    public void add(Optimizer optimizer, OptimizerSettings settings, Row last) {
        results.computeIfAbsent(optimizer, key -> new LinkedHashMap<>())
                .computeIfAbsent(settings, key -> new ArrayList<>())
                .add(last);
    }

    /** @return the table, ready to print */
    @Override
    public String toString() {
        TextTable table = new TextTable(List.of(
                "optimizer",
                "settings",
                "seeds",
                "steps",
                "ms/step",
                "train loss",
                "test loss",
                classifies ? "test accuracy" : "test error"));
        results.forEach((optimizer, bySettings) -> bySettings.entrySet().stream()
                .sorted(Comparator.comparingDouble(entry -> trainLoss(entry.getValue())))
                .forEach(entry -> addLine(table, optimizer, entry.getKey(), entry.getValue())));
        return table.toString();
    }

    private static double trainLoss(List<Row> rows) {
        return median(rows, row -> row.scores().trainLoss());
    }

    private void addLine(TextTable table, Optimizer optimizer, OptimizerSettings settings, List<Row> rows) {
        table.add(List.of(
                optimizer.id(),
                settings.describe(),
                rows.size(),
                Math.round(median(rows, Row::step)),
                median(rows, row -> 1000 * row.seconds() / row.step()),
                trainLoss(rows),
                median(rows, row -> row.scores().testLoss()),
                median(
                        rows,
                        row -> classifies
                                ? row.scores().testAccuracy()
                                : row.scores().testError())));
    }

    private static double median(List<Row> rows, ToDoubleFunction<Row> value) {
        return Median.withDefaults().evaluate(rows.stream().mapToDouble(value).toArray());
    }
}
