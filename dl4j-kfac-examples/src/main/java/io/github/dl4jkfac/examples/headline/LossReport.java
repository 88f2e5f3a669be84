package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Schedule;
import io.github.dl4jkfac.examples.optimizers.Setting;
import io.github.dl4jkfac.examples.report.Band;
import io.github.dl4jkfac.examples.report.Chart;
import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.Goal;
import io.github.dl4jkfac.examples.report.MarkdownTable;
import io.github.dl4jkfac.examples.report.Palette;
import io.github.dl4jkfac.examples.report.SpeedUp;
import io.github.dl4jkfac.examples.report.SpeedUp.Point;
import io.github.dl4jkfac.examples.training.Row;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import org.apache.commons.statistics.descriptive.Median;

/** Files, plots and tables of a {@link LossStudy}. */
public final class LossReport {

    private static final Color BY_HAND = new Color(0xE69F00);

    private final String title;
    private final List<Long> seeds;
    private final LossStudy.Result result;

    /** Reports a result. */
    LossReport(String title, List<Long> seeds, LossStudy.Result result) {
        this.title = title;
        this.seeds = seeds;
        this.result = result;
    }

    private static Color colour(Contender contender) {
        boolean byHand = contender.optimizer() == Optimizer.KFAC && contender != Contender.AUTOMATIC;
        return byHand ? BY_HAND : Palette.of(contender.optimizer());
    }

    /**
     * Writes {@code curves.csv} and {@code sensitivity.csv}.
     *
     * @param folder existing folder
     */
    public void writeNumbers(Path folder) {
        CsvFile curves = new CsvFile(
                folder.resolve("curves.csv"),
                List.of("contender", "settings", "seed", "step", "seconds", "cpu_seconds", "train_loss", "test_loss"));
        for (Search search : result.searches()) {
            List<List<Row>> runs = result.runs().get(search.contender());
            for (int i = 0; i < runs.size(); i++) {
                for (Row row : runs.get(i)) {
                    curves.add(List.of(
                            search.contender().name(),
                            search.best().describe(),
                            seeds.get(i),
                            row.step(),
                            row.seconds(),
                            row.cpuSeconds(),
                            row.scores().trainLoss(),
                            row.scores().testLoss()));
                }
            }
        }
        curves.finish();
        CsvFile sensitivity =
                new CsvFile(folder.resolve("sensitivity.csv"), List.of("contender", "settings", "train_loss"));
        for (Search search : result.searches()) {
            if (search.values().size() > 1) {
                search.values()
                        .forEach((settings, loss) ->
                                sensitivity.add(Arrays.asList(search.contender().name(), settings.describe(), loss)));
            }
        }
        sensitivity.add(Arrays.asList(Contender.AUTOMATIC.name(), "defaults", result.tuningAutomatic()));
        sensitivity.finish();
    }

    /**
     * Draws {@code loss-seconds.png}, {@code loss-updates.png}, {@code sensitivity.png} and {@code sensitivity-kfac.png}.
     *
     * @param folder existing folder
     * @throws IOException if a file cannot be written
     */
    public void draw(Path folder) throws IOException {
        draw(folder.resolve("loss-seconds.png"), "seconds of training", Row::seconds);
        draw(folder.resolve("loss-updates.png"), "updates", Row::step);
        drawRates(folder.resolve("sensitivity.png"));
        drawBounds(folder.resolve("sensitivity-kfac.png"));
    }

    private void draw(Path file, String axis, ToDoubleFunction<Row> place) throws IOException {
        Chart chart = new Chart(title, axis, "training loss per example");
        result.runs()
                .forEach((contender, runs) -> chart.add(
                        contender.name(),
                        colour(contender),
                        Band.of(runs, place, row -> row.scores().trainLoss())));
        chart.write(file);
    }

    private void drawRates(Path file) throws IOException {
        Chart chart = new Chart(title, "first learning rate", "training loss at the end").overDecades();
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (Search search : result.searches()) {
            if (!search.contender().optimizer().firstOrder()) {
                continue;
            }
            for (Schedule schedule : Schedule.values()) {
                Map<Double, Double> points = points(search, Setting.LEARNING_RATE, schedule);
                for (double rate : points.keySet()) {
                    least = Math.min(least, rate);
                    most = Math.max(most, rate);
                }
                add(
                        chart,
                        search.contender().name() + (schedule == Schedule.LINEAR ? ", falling" : ""),
                        colour(search.contender()),
                        points,
                        schedule == Schedule.LINEAR);
            }
        }
        if (most > 0) {
            chart.addLevel(
                    Contender.AUTOMATIC.name(), colour(Contender.AUTOMATIC), least, most, result.tuningAutomatic());
        }
        chart.write(file);
    }

    private void drawBounds(Path file) throws IOException {
        for (Search search : result.searches()) {
            if (!search.values().keySet().iterator().next().settings().contains(Setting.KL_CLIP)) {
                continue;
            }
            Chart chart = new Chart(title, "klClip", "training loss at the end").overDecades();
            Map<Double, Map<Double, Double>> byDamping = new LinkedHashMap<>();
            search.values()
                    .forEach((settings, loss) -> byDamping
                            .computeIfAbsent(settings.get(Setting.DAMPING, 0.), key -> new LinkedHashMap<>())
                            .put(settings.get(Setting.KL_CLIP, 0.), loss));
            int shade = 0;
            for (Map.Entry<Double, Map<Double, Double>> line : byDamping.entrySet()) {
                Color colour = new Color(0xE6 - 60 * shade, 0x9F - 40 * shade, 40 * shade);
                add(chart, "by hand, damping " + line.getKey(), colour, line.getValue(), false);
                shade++;
            }
            chart.addLevel("automatic", colour(Contender.AUTOMATIC), 1e-4, 1e-1, result.tuningAutomatic());
            chart.write(file);
        }
    }

    private static Map<Double, Double> points(Search search, Setting<Double> setting, Schedule schedule) {
        Map<Double, Double> points = new LinkedHashMap<>();
        for (Map.Entry<OptimizerSettings, Double> entry : search.values().entrySet()) {
            if (entry.getKey().schedule() == schedule) {
                points.put(entry.getKey().get(setting, 0.), entry.getValue());
            }
        }
        return points;
    }

    /** Broken runs have no place in a plot. */
    private static void add(Chart chart, String name, Color colour, Map<Double, Double> points, boolean dashed) {
        double[] x = points.keySet().stream()
                .filter(place -> Double.isFinite(points.get(place)))
                .mapToDouble(Double::doubleValue)
                .toArray();
        if (x.length > 0) {
            double[] y = Arrays.stream(x).map(points::get).toArray();
            chart.add(name, colour, x, y, dashed);
        }
    }

    /**
     * Medians over the seeds in Markdown: the ends of all, when automatic K-FAC was where they ended, and when each was at some losses.
     *
     * @param targets losses
     */
    public String markdown(List<Double> targets) {
        List<String> header =
                new ArrayList<>(List.of("optimizer", "settings", "updates", "seconds", "train loss", "test loss"));
        header.addAll(List.of("automatic K-FAC there in seconds", "in updates", "of its seconds", "of its updates"));
        MarkdownTable ends = new MarkdownTable(header);
        List<String> columns = new ArrayList<>(List.of("optimizer"));
        targets.forEach(target -> columns.addAll(List.of(target + ": updates", target + ": seconds")));
        MarkdownTable reached = new MarkdownTable(columns);
        for (Search search : result.searches()) {
            List<List<Row>> runs = result.runs().get(search.contender());
            ends.add(endsOf(search, runs));
            List<Object> line = new ArrayList<>(List.of(search.contender().name()));
            for (double target : targets) {
                line.add(median(runs, target, Point::steps));
                line.add(median(runs, target, Point::seconds));
            }
            reached.add(line);
        }
        return "## Loss: " + title + ", medians of " + seeds.size() + " seeds\n\n" + ends + "\n" + reached;
    }

    private List<Object> endsOf(Search search, List<List<Row>> runs) {
        double updates = median(runs, Row::step);
        double seconds = median(runs, Row::seconds);
        double loss = median(runs, row -> row.scores().trainLoss());
        List<List<Row>> automatic = result.runs().get(Contender.AUTOMATIC);
        double inSeconds = median(automatic, loss, Point::seconds);
        double inUpdates = median(automatic, loss, Point::steps);
        return Arrays.asList(
                search.contender().name(),
                search.best().describe(),
                Math.round(updates),
                seconds,
                loss,
                median(runs, row -> row.scores().testLoss()),
                inSeconds,
                inUpdates,
                inSeconds / seconds,
                inUpdates / updates);
    }

    private static double median(List<List<Row>> runs, ToDoubleFunction<Row> value) {
        return Median.withDefaults()
                .evaluate(runs.stream()
                        .mapToDouble(rows -> value.applyAsDouble(rows.get(rows.size() - 1)))
                        .toArray());
    }

    /** NaN if not all got there. */
    private static double median(List<List<Row>> runs, double target, ToDoubleFunction<Point> unit) {
        double[] values = runs.stream()
                .map(rows -> SpeedUp.firstReach(Goal.TRAIN_LOSS, rows, target))
                .map(point ->
                        point.isPresent() ? OptionalDouble.of(unit.applyAsDouble(point.get())) : OptionalDouble.empty())
                .filter(OptionalDouble::isPresent)
                .mapToDouble(OptionalDouble::getAsDouble)
                .toArray();
        return values.length == runs.size() ? Median.withDefaults().evaluate(values) : Double.NaN;
    }
}
