package io.github.dl4jkfac.examples.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A table for the terminal: first column to the left, the others to the right. */
public final class TextTable {

    private final List<List<String>> lines = new ArrayList<>();

    /** @param columns the header */
    public TextTable(String... columns) {
        lines.add(List.of(columns));
    }

    /**
     * @param cells one per column; doubles are shortened, null shows as a dash
     * @return this table
     */
    public TextTable add(Object... cells) {
        if (cells.length != lines.get(0).size()) {
            throw new IllegalArgumentException(lines.get(0).size() + " columns expected. Got: " + cells.length);
        }
        List<String> line = new ArrayList<>();
        for (Object cell : cells) {
            line.add(text(cell));
        }
        lines.add(line);
        return this;
    }

    private static String text(Object cell) {
        if (cell == null) {
            return "-";
        }
        if (!(cell instanceof Double number)) {
            return cell.toString();
        }
        double size = Math.abs(number);
        if (!Double.isFinite(number)) {
            return "diverged";
        }
        return String.format(
                Locale.ROOT,
                size >= 1000 ? "%.0f" : size >= 100 ? "%.1f" : size >= 0.1 || size == 0 ? "%.2f" : "%.1e",
                number);
    }

    /** @return the lines of the table, each ending in a line break */
    @Override
    public String toString() {
        int columns = lines.get(0).size();
        int[] widths = new int[columns];
        for (List<String> line : lines) {
            for (int c = 0; c < columns; c++) {
                widths[c] = Math.max(widths[c], line.get(c).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            StringBuilder row = new StringBuilder();
            for (int c = 0; c < columns; c++) {
                String format = c == 0 ? "%-" + widths[c] + "s" : "  %" + widths[c] + "s";
                row.append(String.format(Locale.ROOT, format, line.get(c)));
            }
            text.append(row.toString().stripTrailing()).append(System.lineSeparator());
        }
        return text.toString();
    }
}
