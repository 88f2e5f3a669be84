package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.training.Optimizer;
import io.github.dl4jkfac.examples.training.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The ends of one or several comparisons: a line per optimizer, medians over the seeds, and how much sooner. */
public final class Summary {

    private static final Map<String, ToDoubleFunction<Row>> COLUMNS = columns();

    private final Map<Optimizer, List<Row>> ends = new LinkedHashMap<>();
    private final Map<Long, List<SpeedUp>> speedUps = new LinkedHashMap<>();

    private static Map<String, ToDoubleFunction<Row>> columns() {
        Map<String, ToDoubleFunction<Row>> columns = new LinkedHashMap<>();
        columns.put("steps", Row::step);
        columns.put("seconds", Row::seconds);
        columns.put("cpu s", Row::cpuSeconds);
        columns.put("ms/step", row -> 1000 * row.seconds() / row.step());
        columns.put("train loss", row -> row.scores().trainLoss());
        columns.put("train error", row -> row.scores().trainError());
        columns.put("test loss", row -> row.scores().testLoss());
        columns.put("test error", row -> row.scores().testError());
        return columns;
    }

    /**
     * @param seed of a comparison
     * @param results its rows
     */
    public void add(long seed, Map<Optimizer, List<Row>> results) {
        results.forEach((optimizer, rows) ->
                ends.computeIfAbsent(optimizer, key -> new ArrayList<>()).add(rows.get(rows.size() - 1)));
        speedUps.put(seed, SpeedUp.of(results));
    }

    /**
     * Writes {@code summary.csv} (a line per optimizer) and {@code speedups.csv} (a line per seed and pair).
     *
     * @param folder existing folder
     */
    public void write(Path folder) {
        List<String> header = new ArrayList<>(List.of("optimizer", "seeds"));
        COLUMNS.keySet().forEach(name -> header.add(name.replace("/", "_per_").replace(' ', '_')));
        CsvFile summary = new CsvFile(folder.resolve("summary.csv"), header);
        ends.forEach((optimizer, rows) -> summary.add(line(optimizer, rows)));
        CsvFile csv = new CsvFile(
                folder.resolve("speedups.csv"),
                List.of(
                        "seed",
                        "optimizer",
                        "baseline",
                        "target_train_loss",
                        "baseline_seconds",
                        "seconds",
                        "seconds_ratio",
                        "baseline_steps",
                        "steps",
                        "steps_ratio"));
        speedUps.forEach((seed, pairs) -> pairs.forEach(pair -> csv.add(Arrays.asList(
                seed,
                pair.challenger().id(),
                pair.baseline().id(),
                pair.targetLoss(),
                pair.baselineEnd().seconds(),
                pair.reached().map(SpeedUp.Point::seconds).orElse(null),
                pair.reached().isPresent() ? pair.secondsRatio() : null,
                pair.baselineEnd().steps(),
                pair.reached().map(SpeedUp.Point::steps).orElse(null),
                pair.reached().isPresent() ? pair.stepsRatio() : null))));
    }

    /** @return table and sentences, ready to print */
    @Override
    public String toString() {
        List<String> header = new ArrayList<>(List.of("optimizer", "seeds"));
        header.addAll(COLUMNS.keySet());
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

    private static List<Object> line(Optimizer optimizer, List<Row> rows) {
        List<Object> line = new ArrayList<>(List.of(optimizer.id(), rows.size()));
        COLUMNS.forEach((name, value) -> {
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
                                        + pair.baseline().id(),
                                key -> new ArrayList<>())
                        .add(pair)));
        byPair.forEach((name, pairs) -> text.append(String.format(
                Locale.ROOT,
                "median speed-up of %s: %.2f in time, %.2f in steps (reached with %d of %d seeds)%n",
                name,
                median(pairs, SpeedUp::secondsRatio),
                median(pairs, SpeedUp::stepsRatio),
                pairs.stream().filter(pair -> pair.reached().isPresent()).count(),
                pairs.size())));
    }

    private static <T> double median(List<T> items, ToDoubleFunction<T> value) {
        return Medians.of(items.stream().mapToDouble(value).toArray());
    }
}
