package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.examples.report.PngFile;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Square matrices side by side as a PNG file: absolute values on one colour scale, blocks outlined and named. A point of
 * the picture is the mean over a square of entries where the matrices are larger than the picture.
 */
final class HeatMaps {

    private static final int PANEL = 420;
    private static final int MARGIN = 36;
    private static final int TOP = 84;
    private static final int BAR = 18;
    private static final int BAR_LABELS = 90;
    private static final int TICKS = 4;
    /** Few large entries would leave all others white. */
    private static final double FULL_COLOUR_QUANTILE = 0.995;

    private static final Color LINES = new Color(0x3C78B4);
    private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 17);
    private static final Font LABEL = new Font(Font.SANS_SERIF, Font.PLAIN, 13);

    private final List<String> blocks;
    private final List<Integer> sizes;
    private final int entries;
    private final int cell;

    /**
     * @param blocks names of the blocks of rows and columns
     * @param sizes rows of each
     */
    public HeatMaps(List<String> blocks, List<Integer> sizes) {
        this.blocks = List.copyOf(blocks);
        this.sizes = List.copyOf(sizes);
        this.entries = sizes.stream().mapToInt(Integer::intValue).sum();
        this.cell = Math.max(1, (int) Math.ceil(entries / (double) PANEL));
    }

    /**
     * @param file the PNG file
     * @param headline a line over everything
     * @param matrices title and entries of each; the first one sets the scale; not modified
     * @throws IOException if the file cannot be written
     */
    public void write(Path file, String headline, Map<String, double[][]> matrices) throws IOException {
        List<double[][]> points = matrices.values().stream().map(this::points).toList();
        double full = quantile(points.get(0));
        int side = points.get(0).length;
        int scale = Math.max(1, PANEL / side);
        int width = MARGIN + matrices.size() * (side * scale + MARGIN) + BAR + BAR_LABELS;
        BufferedImage canvas = new BufferedImage(width, TOP + side * scale + MARGIN, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = canvas.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, canvas.getWidth(), canvas.getHeight());
        text(graphics, TITLE, headline, (MARGIN + width - BAR - BAR_LABELS) / 2, 26);
        int left = MARGIN;
        int panel = 0;
        for (String title : matrices.keySet()) {
            text(graphics, TITLE, title, left + side * scale / 2, 54);
            graphics.drawImage(image(points.get(panel++), full), left, TOP, side * scale, side * scale, null);
            outline(graphics, left, side * scale);
            left += side * scale + MARGIN;
        }
        bar(graphics, left, side * scale, full);
        graphics.dispose();
        PngFile.write(file, canvas);
    }

    /** @return mean absolute values over squares of entries; the last ones are smaller where the size does not divide */
    private double[][] points(double[][] matrix) {
        int side = (entries + cell - 1) / cell;
        double[][] points = new double[side][side];
        for (int i = 0; i < entries; i++) {
            int rows = Math.min(cell, entries - i / cell * cell);
            for (int j = 0; j < entries; j++) {
                int columns = Math.min(cell, entries - j / cell * cell);
                points[i / cell][j / cell] += Math.abs(matrix[i][j]) / (rows * columns);
            }
        }
        return points;
    }

    private static double quantile(double[][] points) {
        double[] sorted =
                Arrays.stream(points).flatMapToDouble(Arrays::stream).sorted().toArray();
        double quantile = sorted[(int) (FULL_COLOUR_QUANTILE * (sorted.length - 1))];
        return quantile > 0 ? quantile : Double.MIN_NORMAL;
    }

    private static BufferedImage image(double[][] points, double full) {
        BufferedImage image = new BufferedImage(points.length, points.length, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < points.length; y++) {
            for (int x = 0; x < points.length; x++) {
                image.setRGB(x, y, colour(points[y][x] / full));
            }
        }
        return image;
    }

    /** @return white for 0, through yellow and red, to black for 1 and more */
    private static int colour(double value) {
        double darkness = 3 * Math.max(0, Math.min(1, value));
        int blue = (int) Math.round(255 * Math.max(0, 1 - darkness));
        int green = (int) Math.round(255 * Math.max(0, Math.min(1, 2 - darkness)));
        int red = (int) Math.round(255 * Math.max(0, Math.min(1, 3 - darkness)));
        return red << 16 | green << 8 | blue;
    }

    private void outline(Graphics2D graphics, int left, int pixels) {
        graphics.setStroke(new BasicStroke(2));
        int row = 0;
        for (int block = 0; block <= sizes.size(); block++) {
            int at = (int) Math.round(row * (double) pixels / entries);
            graphics.setColor(LINES);
            graphics.drawLine(left, TOP + at, left + pixels, TOP + at);
            graphics.drawLine(left + at, TOP, left + at, TOP + pixels);
            if (block < sizes.size()) {
                int middle = at + (int) Math.round(sizes.get(block) * (double) pixels / entries / 2);
                text(graphics, LABEL, blocks.get(block), left + middle, TOP - 8);
                row += sizes.get(block);
            }
        }
    }

    private static void bar(Graphics2D graphics, int left, int height, double full) {
        for (int y = 0; y < height; y++) {
            graphics.setColor(new Color(colour(1 - y / (height - 1.))));
            graphics.fillRect(left, TOP + y, BAR, 1);
        }
        graphics.setColor(LINES);
        graphics.drawRect(left, TOP, BAR, height);
        graphics.setColor(Color.BLACK);
        graphics.setFont(LABEL);
        for (int tick = 0; tick <= TICKS; tick++) {
            double part = tick / (double) TICKS;
            String prefix = tick == TICKS ? "\u2265 " : "";
            String label = tick == 0 ? "0" : prefix + String.format(Locale.ROOT, "%.1e", part * full);
            graphics.drawString(label, left + BAR + 6, TOP + (int) Math.round((1 - part) * height) + 5);
        }
    }

    private static void text(Graphics2D graphics, Font font, String text, int centre, int baseline) {
        graphics.setFont(font);
        graphics.setColor(Color.BLACK);
        FontMetrics metrics = graphics.getFontMetrics();
        graphics.drawString(text, centre - metrics.stringWidth(text) / 2, baseline);
    }
}
