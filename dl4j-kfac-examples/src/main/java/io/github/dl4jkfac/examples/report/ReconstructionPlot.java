package io.github.dl4jkfac.examples.report;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Rows of small images, each row with its name, as a PNG file. */
final class ReconstructionPlot {

    private static final int SCALE = 3;
    private static final int GAP = 4;
    private static final int LABEL_WIDTH = 100;

    private ReconstructionPlot() {}

    /**
     * @param file the PNG file
     * @param side width and height of the images in pixels
     * @param rows name and images [count, side * side] with intensities in [0, 1] of each row; not modified
     * @throws IOException if the file cannot be written
     */
    public static void write(Path file, int side, Map<String, INDArray> rows) throws IOException {
        int cell = side * SCALE + GAP;
        int columns = (int) rows.values().iterator().next().size(0);
        BufferedImage canvas = new BufferedImage(
                LABEL_WIDTH + columns * cell + GAP, rows.size() * cell + GAP, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = canvas.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, canvas.getWidth(), canvas.getHeight());
        int top = GAP;
        for (Map.Entry<String, INDArray> row : rows.entrySet()) {
            graphics.setColor(Color.BLACK);
            graphics.drawString(row.getKey(), GAP, top + cell / 2);
            for (int i = 0; i < columns; i++) {
                BufferedImage image = image(row.getValue().getRow(i).toFloatVector(), side);
                graphics.drawImage(image, LABEL_WIDTH + i * cell, top, side * SCALE, side * SCALE, null);
            }
            top += cell;
        }
        graphics.dispose();
        PngFile.write(file, canvas);
    }

    private static BufferedImage image(float[] pixels, int side) {
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < pixels.length; i++) {
            int grey = Math.round(255 * Math.max(0, Math.min(1, pixels[i])));
            image.setRGB(i % side, i / side, grey << 16 | grey << 8 | grey);
        }
        return image;
    }
}
