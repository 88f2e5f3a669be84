package io.github.dl4jkfac.examples.report;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A table for the terminal: columns of text to the left, columns of numbers to the right. The words of a header stand one above the other, so that the
 * table fits into the width of a terminal.
 */
public final class TextTable {

    private final List<List<String>> lines = new ArrayList<>();
    private final Set<Integer> textColumns = new HashSet<>();

    /** @param columns the header */
    public TextTable(List<String> columns) {
        int height = columns.stream()
                .mapToInt(column -> column.split(" ").length)
                .max()
                .orElse(0);
        for (int line = 0; line < height; line++) {
            lines.add(word(columns, line - height));
        }
    }

    /** @return of each column's words one, counted from the end: -1 is the last */
    private static List<String> word(List<String> columns, int fromEnd) {
        return columns.stream()
                .map(column -> column.split(" "))
                .map(words -> words.length + fromEnd < 0 ? "" : words[words.length + fromEnd])
                .toList();
    }

    /**
     * @param cells one per column; doubles are shortened, null shows as a dash
     */
    public void add(List<?> cells) {
        if (cells.size() != lines.get(0).size()) {
            throw new IllegalArgumentException(lines.get(0).size() + " columns expected. Got: " + cells);
        }
        List<String> line = new ArrayList<>();
        for (Object cell : cells) {
            if (cell instanceof String) {
                textColumns.add(line.size());
            }
            line.add(text(cell));
        }
        lines.add(line);
    }

    private static String text(Object cell) {
        if (cell == null) {
            return "-";
        }
        if (!(cell instanceof Double number) || !Double.isFinite(number)) {
            return cell.toString();
        }
        double size = Math.abs(number);
        return String.format(Locale.ROOT, size >= 1000 ? "%.0f" : size >= 0.1 || size == 0 ? "%.2f" : "%.4f", number);
    }

    /** @return the lines of the table, each ending in a line break */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            StringBuilder row = new StringBuilder();
            for (int column = 0; column < line.size(); column++) {
                String align = textColumns.contains(column) ? "-" : "";
                String format = "%" + align + width(column) + "s  ";
                row.append(String.format(Locale.ROOT, format, line.get(column)));
            }
            text.append(row.toString().stripTrailing()).append(System.lineSeparator());
        }
        return text.toString();
    }

    private int width(int column) {
        return lines.stream().mapToInt(line -> line.get(column).length()).max().orElseThrow();
    }
}
