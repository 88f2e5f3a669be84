package io.github.dl4jkfac.examples.report;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Drawing is an extra: where it fails, the numbers are still there. */
public final class Plots {

    private static final Logger LOG = LoggerFactory.getLogger(Plots.class);

    /** Draws something. */
    @FunctionalInterface
    public interface Drawing {
        /** @throws IOException if a file cannot be written */
        void draw() throws IOException;
    }

    private Plots() {}

    /**
     * Draws; a failure becomes a warning. A Java runtime without fonts fails with errors, not exceptions.
     *
     * @param drawing what to draw
     */
    public static void tryTo(Drawing drawing) {
        try {
            drawing.draw();
        } catch (IOException | RuntimeException | LinkageError | InternalError e) {
            LOG.warn("plots not drawn ({}); results.csv has the numbers", e.toString());
        }
    }
}
