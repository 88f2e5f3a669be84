package io.github.dl4jkfac.examples.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** A table in Markdown: the first column to the left, the others to the right. */
public final class MarkdownTable {

    private final int columns;
    private final List<String> lines = new ArrayList<>();

    /** @param columns the header */
    public MarkdownTable(List<String> columns) {
        this.columns = columns.size();
        lines.add(line(columns));
        lines.add("|---|" + String.join("", Collections.nCopies(columns.size() - 1, "--:|")));
    }

    /**
     * @param cells one per column; doubles get three digits, null and NaN become a dash
     */
    public void add(List<?> cells) {
        if (cells.size() != columns) {
            throw new IllegalArgumentException(columns + " columns expected. Got: " + cells);
        }
        lines.add(line(cells.stream().map(MarkdownTable::text).toList()));
    }

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    private static String text(Object cell) {
        if (cell == null || cell instanceof Double number && Double.isNaN(number)) {
            return "–";
        }
        if (!(cell instanceof Double number) || Double.isInfinite(number)) {
            return cell.toString();
        }
        double size = Math.abs(number);
        if (size != 0 && size < 1e-3) {
            return String.format(Locale.ROOT, "%.1e", number);
        }
        int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4;
        return String.format(Locale.ROOT, "%." + decimals + "f", number);
    }

    /** @return the lines of the table, each ending in a line break */
    @Override
    public String toString() {
        return String.join("\n", lines) + "\n";
    }
}
