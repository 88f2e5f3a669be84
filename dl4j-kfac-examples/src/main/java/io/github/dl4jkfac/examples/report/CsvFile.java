package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.failures.OutputFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import org.apache.commons.csv.CSVFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A results file that grows line by line; each line is on disk when {@link #add} returns. Where the disk is full the lines
 * wait in memory and are tried again with each new one, so that a long run does not end for it; {@link #finish} tells.
 */
public final class CsvFile {

    private static final CSVFormat FORMAT = CSVFormat.DEFAULT;
    private static final Logger LOG = LoggerFactory.getLogger(CsvFile.class);

    private final Path file;
    private final int columns;
    private final StringBuilder waiting = new StringBuilder();
    private long written;
    private boolean warned;

    /**
     * Starts the file anew.
     *
     * @param file where; replaced if it exists
     * @param columns the header
     * @throws OutputFailure if it cannot be written
     */
    public CsvFile(Path file, List<String> columns) {
        this.file = file;
        this.columns = columns.size();
        waiting.append(FORMAT.format(columns.toArray())).append('\n');
        finish();
    }

    /**
     * Adds a line.
     *
     * @param values one per column; null becomes an empty cell, a double is written with 6 significant digits
     */
    public void add(List<?> values) {
        if (values.size() != columns) {
            throw new IllegalArgumentException(columns + " columns expected. Got: " + values);
        }
        waiting.append(FORMAT.format(values.stream().map(CsvFile::cell).toArray()))
                .append('\n');
        try {
            write();
        } catch (IOException e) {
            if (!warned) {
                LOG.warn("cannot write {} ({}); trying again with each new line", file, e.getMessage());
                warned = true;
            }
        }
    }

    /**
     * Makes sure that all lines are on disk.
     *
     * @throws OutputFailure if they are not
     */
    public void finish() {
        try {
            write();
        } catch (IOException e) {
            throw new OutputFailure(
                    "cannot write " + file + " (" + e.getMessage() + "); make room and run the command again, or name "
                            + "another folder with --out",
                    e);
        }
    }

    private static Object cell(Object value) {
        return value instanceof Double number ? String.format(Locale.ROOT, "%.6g", number) : value;
    }

    /** Writes all that waits behind what has been written; what a full disk has cut short is written over at the next try. */
    private void write() throws IOException {
        if (waiting.isEmpty()) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(waiting.toString().getBytes(StandardCharsets.UTF_8));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.truncate(written);
            channel.position(written);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            written = channel.position();
        }
        waiting.setLength(0);
    }
}
