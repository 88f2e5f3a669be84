package io.github.dl4jkfac.examples.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A results file that grows line by line; each line is on disk when {@link #add} returns. */
public final class CsvFile {

    private final Path file;
    private final int columns;

    /**
     * Starts the file anew.
     *
     * @param file where; replaced if it exists
     * @param columns the header
     */
    public CsvFile(Path file, List<String> columns) {
        this.file = file;
        this.columns = columns.size();
        write(String.join(",", columns), StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    }

    /**
     * @param values one per column; null becomes an empty cell, a double is written with 6 significant digits
     */
    public void add(List<?> values) {
        if (values.size() != columns) {
            throw new IllegalArgumentException(columns + " columns expected. Got: " + values);
        }
        write(values.stream().map(CsvFile::cell).collect(Collectors.joining(",")), StandardOpenOption.APPEND);
    }

    private static String cell(Object value) {
        if (value == null) {
            return "";
        }
        return value instanceof Double number ? String.format(Locale.ROOT, "%.6g", number) : value.toString();
    }

    private void write(String line, StandardOpenOption... how) {
        StandardOpenOption[] options = new StandardOpenOption[how.length + 1];
        System.arraycopy(how, 0, options, 0, how.length);
        options[how.length] = StandardOpenOption.WRITE;
        try {
            Files.writeString(file, line + "\n", StandardCharsets.UTF_8, options);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }
}
