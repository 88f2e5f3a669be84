package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.examples.training.Scores;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Loss, and accuracy where there is one, against seconds and against steps, as PNG files: training data solid, test
 * data dashed.
 */
public final class Curves {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 600;
    private static final int FEW_ROWS = 3;
    private static final BasicStroke SOLID = new BasicStroke(2f);
    private static final BasicStroke DASHED =
            new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10f, new float[] {6f, 4f}, 0f);

    private Curves() {}

    /**
     * Writes {@code loss-seconds.png} and {@code loss-steps.png}, and the same of {@code accuracy}.
     *
     * @param folder existing folder
     * @param title what was trained
     * @param classifies whether there is an accuracy to draw
     * @param results rows of each optimizer
     * @throws IOException if a file cannot be written
     */
    public static void write(Path folder, String title, boolean classifies, Map<Optimizer, List<Row>> results)
            throws IOException {
        write(folder, "loss", () -> lossChart(title), results, Scores::trainLoss, Scores::testLoss);
        if (classifies) {
            write(
                    folder,
                    "accuracy",
                    () -> accuracyChart(title),
                    results,
                    scores -> 1 - scores.trainError(),
                    Scores::testAccuracy);
        }
    }

    private static void write(
            Path folder,
            String name,
            Supplier<XYChart> empty,
            Map<Optimizer, List<Row>> results,
            ToDoubleFunction<Scores> train,
            ToDoubleFunction<Scores> test)
            throws IOException {
        Map<String, ToDoubleFunction<Row>> axes = Map.of("seconds", Row::seconds, "steps", Row::step);
        for (Map.Entry<String, ToDoubleFunction<Row>> axis : axes.entrySet()) {
            XYChart chart = empty.get();
            chart.setXAxisTitle(axis.getKey().equals("seconds") ? "seconds of training" : axis.getKey());
            results.forEach((optimizer, rows) -> {
                Color colour = Palette.of(optimizer);
                add(chart, optimizer.id() + ", train", rows, axis.getValue(), train, SOLID, colour);
                add(chart, optimizer.id() + ", test", rows, axis.getValue(), test, DASHED, colour);
            });
            save(folder.resolve(name + "-" + axis.getKey() + ".png"), chart);
        }
    }

    private static XYChart lossChart(String title) {
        XYChart chart = chart(title, "loss per example");
        chart.getStyler().setYAxisLogarithmic(true).setYAxisLogarithmicDecadeOnly(false);
        return chart;
    }

    private static XYChart accuracyChart(String title) {
        return chart(title, "accuracy");
    }

    private static XYChart chart(String title, String quantity) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .yAxisTitle(quantity)
                .build();
        chart.getStyler().setYAxisDecimalPattern("0.####").setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE); // no corner is free in every run
        return chart;
    }

    private static void add(
            XYChart chart,
            String name,
            List<Row> rows,
            ToDoubleFunction<Row> position,
            ToDoubleFunction<Scores> value,
            BasicStroke stroke,
            Color colour) {
        // The untrained network would take up most of the axis and hide the differences.
        List<Row> finite = rows.stream()
                .filter(row -> row.scores().finite() && (row.step() > 0 || rows.size() <= FEW_ROWS))
                .toList();
        if (finite.isEmpty()) {
            return;
        }
        XYSeries series = chart.addSeries(
                name,
                finite.stream().mapToDouble(position).toArray(),
                finite.stream()
                        .mapToDouble(row -> value.applyAsDouble(row.scores()))
                        .toArray());
        series.setMarker(SeriesMarkers.NONE);
        series.setLineStyle(stroke);
        series.setLineColor(colour);
    }

    private static void save(Path file, XYChart chart) throws IOException {
        PngFile.write(file, BitmapEncoder.getBufferedImage(chart));
    }
}
