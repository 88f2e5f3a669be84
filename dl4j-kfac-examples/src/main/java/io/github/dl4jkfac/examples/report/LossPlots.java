package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.training.Optimizer;
import io.github.dl4jkfac.examples.training.Row;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Loss against seconds and against steps, as PNG files: training data solid, test data dashed. */
public final class LossPlots {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 600;
    private static final int FEW_ROWS = 3;
    private static final BasicStroke SOLID = new BasicStroke(2f);
    private static final BasicStroke DASHED =
            new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10f, new float[] {6f, 4f}, 0f);

    private LossPlots() {}

    /**
     * Writes {@code loss-seconds.png} and {@code loss-steps.png}.
     *
     * @param folder existing folder
     * @param title what was trained
     * @param results rows of each optimizer
     * @throws IOException if a file cannot be written
     */
    public static void write(Path folder, String title, Map<Optimizer, List<Row>> results) throws IOException {
        save(folder.resolve("loss-seconds.png"), chart(title, "seconds of training", results, Row::seconds));
        save(folder.resolve("loss-steps.png"), chart(title, "steps", results, Row::step));
    }

    private static XYChart chart(
            String title, String axis, Map<Optimizer, List<Row>> results, ToDoubleFunction<Row> position) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(axis)
                .yAxisTitle("loss per image")
                .build();
        chart.getStyler()
                .setYAxisLogarithmic(true)
                .setYAxisLogarithmicDecadeOnly(false)
                .setChartBackgroundColor(Color.WHITE)
                .setLegendPosition(Styler.LegendPosition.InsideNE);
        results.forEach((optimizer, rows) -> {
            Color colour = Palette.of(optimizer);
            add(
                    chart,
                    optimizer.id() + ", train",
                    rows,
                    position,
                    row -> row.scores().trainLoss(),
                    SOLID,
                    colour);
            add(
                    chart,
                    optimizer.id() + ", test",
                    rows,
                    position,
                    row -> row.scores().testLoss(),
                    DASHED,
                    colour);
        });
        return chart;
    }

    private static void add(
            XYChart chart,
            String name,
            List<Row> rows,
            ToDoubleFunction<Row> position,
            ToDoubleFunction<Row> loss,
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
                finite.stream().mapToDouble(loss).toArray());
        series.setMarker(SeriesMarkers.NONE);
        series.setLineStyle(stroke);
        series.setLineColor(colour);
    }

    private static void save(Path file, XYChart chart) throws IOException {
        BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
    }
}
