package io.github.dl4jkfac.examples.quality;

import io.github.dl4jkfac.examples.report.CsvFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The exact Fisher matrix of some layers beside its Kronecker approximation: {@code fisher.png} in the manner of Martens and
 * Grosse (2015, fig. 2), and the norms of the blocks in {@code fisher-blocks.csv}.
 */
final class FisherReport {

    private final List<String> names;
    private final List<Integer> sizes;
    private final double[][] exact;
    private final double[][] kronecker;
    private final double[][] difference;

    /** @param blocks the matrices */
    public FisherReport(FisherBlocks blocks) {
        this.names =
                blocks.layers().stream().map(layer -> "layer " + (layer + 1)).toList();
        this.sizes = blocks.sizes();
        this.exact = blocks.exact();
        this.kronecker = blocks.kronecker();
        this.difference = new double[exact.length][exact.length];
        for (int i = 0; i < exact.length; i++) {
            for (int j = 0; j < exact.length; j++) {
                difference[i][j] = Math.abs(exact[i][j] - kronecker[i][j]);
            }
        }
    }

    /**
     * Draws the matrices.
     *
     * @param folder existing folder for {@code fisher.png}
     * @param headline what the matrices are of
     * @throws IOException if the file cannot be written
     */
    public void draw(Path folder, String headline) throws IOException {
        Map<String, double[][]> panels = new LinkedHashMap<>();
        panels.put("exact Fisher matrix", exact);
        panels.put("Kronecker approximation", kronecker);
        panels.put("absolute difference", difference);
        new HeatMaps(names, sizes).write(folder.resolve("fisher.png"), headline, panels);
    }

    /**
     * Writes {@code fisher-blocks.csv}: Frobenius norms.
     *
     * @param folder existing folder
     */
    public void write(Path folder) {
        CsvFile csv = new CsvFile(
                folder.resolve("fisher-blocks.csv"),
                List.of("row_block", "column_block", "exact", "kronecker", "difference", "relative_error"));
        for (Block block : blocks()) {
            double whole = block.norm(exact);
            double error = block.norm(difference);
            csv.add(List.of(
                    names.get(block.row), names.get(block.column), whole, block.norm(kronecker), error, error / whole));
        }
        csv.finish();
    }

    /** @return how far the approximation is off, in one line, on and off the diagonal */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "the Kronecker approximation of the Fisher matrix is off by %.1f %% of the norm in the diagonal blocks, by "
                        + "%.1f %% in the others",
                100 * error(blocks().stream().filter(Block::onDiagonal).toList()),
                100
                        * error(blocks().stream()
                                .filter(block -> !block.onDiagonal())
                                .toList()));
    }

    private double error(List<Block> blocks) {
        return Math.sqrt(squares(blocks, difference) / squares(blocks, exact));
    }

    private static double squares(List<Block> blocks, double[][] matrix) {
        return blocks.stream()
                .mapToDouble(block -> Math.pow(block.norm(matrix), 2))
                .sum();
    }

    private List<Block> blocks() {
        List<Block> blocks = new ArrayList<>();
        int top = 0;
        for (int i = 0; i < sizes.size(); i++) {
            int left = 0;
            for (int j = 0; j < sizes.size(); j++) {
                blocks.add(new Block(i, j, top, left, sizes.get(i), sizes.get(j)));
                left += sizes.get(j);
            }
            top += sizes.get(i);
        }
        return blocks;
    }

    private record Block(int row, int column, int top, int left, int height, int width) {

        boolean onDiagonal() {
            return row == column;
        }

        double norm(double[][] matrix) {
            double squares = 0;
            for (int i = top; i < top + height; i++) {
                for (int j = left; j < left + width; j++) {
                    squares += matrix[i][j] * matrix[i][j];
                }
            }
            return Math.sqrt(squares);
        }
    }
}
