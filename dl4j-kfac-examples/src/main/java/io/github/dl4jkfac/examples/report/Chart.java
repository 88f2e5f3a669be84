package io.github.dl4jkfac.examples.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Lines, with or without a band around them, over an axis. */
public final class Chart {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 600;
    private static final int BAND_OPACITY = 48;
    private static final BasicStroke LINE = new BasicStroke(2f);
    private static final BasicStroke DASHES =
            new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10f, new float[] {6f, 4f}, 0f);

    private final XYChart chart;
    private boolean isEmpty = true;

    /**
     * @param title what is shown
     * @param x what lies on the horizontal axis
     * @param y what lies on the vertical axis, which is logarithmic
     */
    public Chart(String title, String x, String y) {
        chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        chart.getStyler()
                .setYAxisLogarithmic(true)
                .setYAxisLogarithmicDecadeOnly(false)
                .setYAxisDecimalPattern("0.####")
                .setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    }

    /** @return this chart, with a logarithmic horizontal axis */
    public Chart overDecades() {
        chart.getStyler().setXAxisLogarithmic(true);
        return this;
    }

    /**
     * Draws a line through the medians in a band from the least to the greatest.
     *
     * @param name in the legend
     * @param colour of the line; the band is paler
     * @param band over the horizontal axis
     */
    public void add(String name, Color colour, Band band) {
        int n = band.places().length;
        double[] x = new double[2 * n];
        double[] y = new double[2 * n];
        for (int i = 0; i < n; i++) {
            x[i] = band.places()[i];
            y[i] = band.low()[i];
            x[2 * n - 1 - i] = band.places()[i];
            y[2 * n - 1 - i] = band.high()[i];
        }
        XYSeries area = chart.addSeries(name + ", all seeds", x, y);
        area.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.PolygonArea);
        Color pale = new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), BAND_OPACITY);
        area.setFillColor(pale);
        area.setLineColor(pale);
        area.setMarker(SeriesMarkers.NONE);
        area.setShowInLegend(false);
        line(name, colour, LINE, band.places(), band.middle());
    }

    /**
     * Draws a line with a marker at each place.
     *
     * @param name in the legend
     * @param colour of the line
     * @param x places on the horizontal axis
     * @param y values, positive
     * @param dashed whether it is dashed
     */
    public void add(String name, Color colour, double[] x, double[] y, boolean dashed) {
        XYSeries series = line(name, colour, dashed ? DASHES : LINE, x, y);
        series.setMarker(SeriesMarkers.CIRCLE);
        series.setMarkerColor(colour);
    }

    /**
     * Draws a line across.
     *
     * @param name in the legend
     * @param colour of the line
     * @param from where it begins on the horizontal axis
     * @param to where it ends
     * @param value its height
     */
    public void addLevel(String name, Color colour, double from, double to, double value) {
        line(name, colour, LINE, new double[] {from, to}, new double[] {value, value});
    }

    private XYSeries line(String name, Color colour, BasicStroke stroke, double[] x, double[] y) {
        isEmpty = false;
        XYSeries series = chart.addSeries(name, x, y);
        series.setMarker(SeriesMarkers.NONE);
        series.setLineColor(colour);
        series.setLineStyle(stroke);
        return series;
    }

    /**
     * Writes the chart, unless it is empty.
     *
     * @param file a PNG
     * @throws IOException if the file cannot be written
     */
    public void write(Path file) throws IOException {
        if (!isEmpty) {
            PngFile.write(file, BitmapEncoder.getBufferedImage(chart));
        }
    }
}
