package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.failures.OutputFailure;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.training.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.commons.statistics.descriptive.Median;

/** The ends of one or several comparisons: a line per optimizer, medians over the seeds, and how much sooner. */
public final class Summary {

    private static final Map<String, ToDoubleFunction<SpeedUp.Point>> UNITS = units();

    private final boolean classifies;
    private final Map<String, ToDoubleFunction<Row>> columns;
    private final Map<Optimizer, List<Row>> ends = new LinkedHashMap<>();
    private final Map<Long, List<SpeedUp>> speedUps = new LinkedHashMap<>();

    /** @param classifies whether there is an accuracy, which then stands in the place of the error */
    public Summary(boolean classifies) {
        this.classifies = classifies;
        this.columns = columns(classifies);
    }

    private static Map<String, ToDoubleFunction<Row>> columns(boolean classifies) {
        Map<String, ToDoubleFunction<Row>> columns = new LinkedHashMap<>();
        columns.put("steps", Row::step);
        columns.put("seconds", Row::seconds);
        columns.put("cpu s", Row::cpuSeconds);
        columns.put("ms/step", row -> 1000 * row.seconds() / row.step());
        columns.put("train loss", row -> row.scores().trainLoss());
        columns.put("test loss", row -> row.scores().testLoss());
        if (classifies) {
            columns.put("train accuracy", row -> 1 - row.scores().trainError());
            columns.put("test accuracy", row -> row.scores().testAccuracy());
        } else {
            columns.put("train error", row -> row.scores().trainError());
            columns.put("test error", row -> row.scores().testError());
        }
        return columns;
    }

    private static Map<String, ToDoubleFunction<SpeedUp.Point>> units() {
        Map<String, ToDoubleFunction<SpeedUp.Point>> units = new LinkedHashMap<>();
        units.put("seconds", SpeedUp.Point::seconds);
        units.put("cpu_seconds", SpeedUp.Point::cpuSeconds);
        units.put("steps", SpeedUp.Point::steps);
        return units;
    }

    /**
     * @param seed of a comparison
     * @param results its rows
     */
    public void add(long seed, Map<Optimizer, List<Row>> results) {
        results.forEach((optimizer, rows) ->
                ends.computeIfAbsent(optimizer, key -> new ArrayList<>()).add(rows.get(rows.size() - 1)));
        speedUps.put(
                seed,
                Goal.of(classifies).stream()
                        .flatMap(goal -> SpeedUp.of(goal, results).stream())
                        .toList());
    }

    /**
     * Writes {@code summary.csv} (a line per optimizer) and {@code speedups.csv} (a line per seed, goal and pair).
     *
     * @param folder existing folder
     * @throws OutputFailure if they cannot be written
     */
    public void write(Path folder) {
        List<String> header = new ArrayList<>(List.of("optimizer", "seeds"));
        columns.keySet().forEach(name -> header.add(name.replace("/", "_per_").replace(' ', '_')));
        CsvFile summary = new CsvFile(folder.resolve("summary.csv"), header);
        ends.forEach((optimizer, rows) -> summary.add(line(optimizer, rows)));
        summary.finish();
        List<String> columns = new ArrayList<>(List.of("seed", "optimizer", "baseline", "goal", "target"));
        UNITS.keySet().forEach(unit -> columns.addAll(List.of("baseline_" + unit, unit, unit + "_ratio")));
        CsvFile csv = new CsvFile(folder.resolve("speedups.csv"), columns);
        speedUps.forEach((seed, pairs) -> pairs.forEach(pair -> csv.add(line(seed, pair))));
        csv.finish();
    }

    private static List<Object> line(long seed, SpeedUp pair) {
        List<Object> line = new ArrayList<>(List.of(
                seed, pair.challenger().id(), pair.baseline().id(), pair.goal().title(), pair.target()));
        UNITS.values().forEach(unit -> {
            line.add(unit.applyAsDouble(pair.baselineEnd()));
            line.add(pair.reached().map(unit::applyAsDouble).orElse(null));
            line.add(pair.reached().isPresent() ? pair.ratio(unit) : null);
        });
        return line;
    }

    /** @return table and sentences, ready to print */
    @Override
    public String toString() {
        List<String> header = new ArrayList<>(List.of("optimizer", "seeds"));
        header.addAll(columns.keySet());
        TextTable table = new TextTable(header);
        ends.forEach((optimizer, rows) -> table.add(line(optimizer, rows)));
        StringBuilder text = new StringBuilder(table.toString());
        speedUps.forEach((seed, pairs) ->
                pairs.forEach(pair -> text.append(speedUps.size() > 1 ? "seed " + seed + ": " : "")
                        .append(pair.describe())
                        .append(System.lineSeparator())));
        if (speedUps.size() > 1) {
            appendMedians(text);
        }
        return text.toString();
    }

    private List<Object> line(Optimizer optimizer, List<Row> rows) {
        List<Object> line = new ArrayList<>(List.of(optimizer.id(), rows.size()));
        columns.forEach((name, value) -> {
            double median = median(rows, value);
            line.add(name.equals("steps") ? (Object) Math.round(median) : (Object) median);
        });
        return line;
    }

    private void appendMedians(StringBuilder text) {
        Map<String, List<SpeedUp>> byPair = new LinkedHashMap<>();
        speedUps.values()
                .forEach(pairs -> pairs.forEach(pair -> byPair.computeIfAbsent(
                                pair.challenger().id() + " over "
                                        + pair.baseline().id() + " in "
                                        + pair.goal().title(),
                                key -> new ArrayList<>())
                        .add(pair)));
        byPair.forEach((name, pairs) -> text.append(String.format(
                Locale.ROOT,
                "median speed-up of %s: %s in time, %s in processor time, %s in steps (reached with %d of %d seeds)%n",
                name,
                medianRatio(pairs, SpeedUp.Point::seconds),
                medianRatio(pairs, SpeedUp.Point::cpuSeconds),
                medianRatio(pairs, SpeedUp.Point::steps),
                pairs.stream().filter(pair -> pair.reached().isPresent()).count(),
                pairs.size())));
    }

    private static String medianRatio(List<SpeedUp> pairs, ToDoubleFunction<SpeedUp.Point> unit) {
        double median = median(pairs, pair -> pair.ratio(unit));
        return median == 0 ? "none" : String.format(Locale.ROOT, "%.2f", median);
    }

    private static <T> double median(List<T> items, ToDoubleFunction<T> value) {
        return Median.withDefaults().evaluate(items.stream().mapToDouble(value).toArray());
    }
}
