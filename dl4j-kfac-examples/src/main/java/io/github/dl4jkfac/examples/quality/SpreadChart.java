package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.examples.report.PngFile;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Means with their spread as curves over a few named places, on a logarithmic scale. The curves stand a little apart
 * from each other sideways, so that their bars do not cover each other.
 */
final class SpreadChart {

    private static final int WIDTH = 1200;
    private static final int HEIGHT = 700;
    /** Part of the distance between two places over which the curves stand apart. */
    private static final double FAN = 0.4;

    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 14);

    private final List<String> places;
    private final XYChart chart;
    private final List<Curve> curves = new ArrayList<>();

    /**
     * How a curve is drawn.
     *
     * @param colour of line and bars
     * @param stroke of the line
     * @param marker at the means
     */
    record Style(Color colour, BasicStroke stroke, Marker marker) {}

    private record Curve(String name, Style style, List<Spread> values) {}

    /**
     * @param title what is shown
     * @param axis what the places are
     * @param quantity what is drawn over them
     * @param places names, from left to right
     */
    SpreadChart(String title, String axis, String quantity, List<String> places) {
        this(title, axis, quantity, places, WIDTH, HEIGHT);
    }

    /**
     * @param title what is shown
     * @param axis what the places are
     * @param quantity what is drawn over them
     * @param places names, from left to right
     * @param width of the picture in pixels
     * @param height of the picture in pixels
     */
    SpreadChart(String title, String axis, String quantity, List<String> places, int width, int height) {
        this.places = List.copyOf(places);
        this.chart = new XYChartBuilder()
                .width(width)
                .height(height)
                .title(title)
                .xAxisTitle(axis)
                .yAxisTitle(quantity)
                .build();
        chart.getStyler()
                .setChartBackgroundColor(Color.WHITE)
                .setLegendPosition(Styler.LegendPosition.OutsideE)
                .setLegendFont(FONT);
        chart.getStyler()
                .setYAxisLogarithmic(true)
                .setYAxisLogarithmicDecadeOnly(false)
                .setXAxisMin(-0.5)
                .setXAxisMax(places.size() - 0.5)
                .setXAxisTickLabelsFormattingFunction(this::name)
                .setAxisTicksMarksVisible(false)
                .setAxisTickLabelsFont(FONT)
                .setPlotGridVerticalLinesVisible(false);
    }

    /**
     * @param name in the legend
     * @param style how to draw it
     * @param values one per place; those that are not positive and finite are left out
     */
    void add(String name, Style style, List<Spread> values) {
        curves.add(new Curve(name, style, List.copyOf(values)));
    }

    /**
     * @param value where to draw a line across the chart
     * @param name in the legend
     */
    void addLevel(double value, String name) {
        Style style = new Style(Color.GRAY, new BasicStroke(1.5f), SeriesMarkers.NONE);
        line(name, style, new double[] {-0.5, places.size() - 0.5}, new double[] {value, value});
    }

    /**
     * @param file the PNG file
     * @throws IOException if it cannot be written
     */
    void write(Path file) throws IOException {
        PngFile.write(file, image());
    }

    /**
     * @param file the PNG file
     * @param charts all of one size
     * @param perRow how many to put side by side
     * @throws IOException if it cannot be written
     */
    static void write(Path file, List<SpreadChart> charts, int perRow) throws IOException {
        List<BufferedImage> images = charts.stream().map(SpreadChart::image).toList();
        int width = images.get(0).getWidth();
        int height = images.get(0).getHeight();
        int columns = Math.min(perRow, images.size());
        int rows = (images.size() + columns - 1) / columns;
        BufferedImage all = new BufferedImage(columns * width, rows * height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = all.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, all.getWidth(), all.getHeight());
        for (int i = 0; i < images.size(); i++) {
            graphics.drawImage(images.get(i), i % columns * width, i / columns * height, null);
        }
        graphics.dispose();
        PngFile.write(file, all);
    }

    private BufferedImage image() {
        for (int i = 0; i < curves.size(); i++) {
            draw(curves.get(i), curves.size() == 1 ? 0 : FAN * (i / (curves.size() - 1.) - 0.5));
        }
        return BitmapEncoder.getBufferedImage(chart);
    }

    /**
     * @return the name of a place; blanks between places and beyond them, more at the right than at the left, since XChart
     *     labels no axis whose two ends have the same label
     */
    private String name(double position) {
        long place = Math.round(position);
        boolean named = place == position && place >= 0 && place < places.size();
        return named ? places.get((int) place) : position < 0 ? " " : "  ";
    }

    private void draw(Curve curve, double shift) {
        int[] drawn = IntStream.range(0, places.size())
                .filter(i -> Double.isFinite(curve.values.get(i).mean())
                        && curve.values.get(i).mean() > 0)
                .toArray();
        if (drawn.length == 0) {
            return;
        }
        double[] positions = IntStream.of(drawn).mapToDouble(i -> i + shift).toArray();
        double[] means =
                IntStream.of(drawn).mapToDouble(i -> curve.values.get(i).mean()).toArray();
        line(curve.name, curve.style, positions, means);
        for (int i : drawn) {
            bar(curve, i, i + shift);
        }
    }

    /** Draws from mean - deviation to mean + deviation; a lower end that no logarithm has stays at a tenth of the mean. */
    private void bar(Curve curve, int place, double position) {
        Spread value = curve.values.get(place);
        double bottom = Math.max(value.mean() / 10, value.mean() - value.deviation());
        double top = value.mean() + value.deviation();
        Style thin = new Style(curve.style.colour, new BasicStroke(1), SeriesMarkers.NONE);
        String name = curve.name + " at " + places.get(place);
        XYSeries bar = line(name, thin, new double[] {position, position}, new double[] {bottom, top});
        bar.setShowInLegend(false);
    }

    private XYSeries line(String name, Style style, double[] x, double[] y) {
        XYSeries series = chart.addSeries(name, x, y);
        series.setMarker(style.marker);
        series.setMarkerColor(style.colour);
        series.setLineStyle(style.stroke);
        series.setLineColor(style.colour);
        return series;
    }
}
