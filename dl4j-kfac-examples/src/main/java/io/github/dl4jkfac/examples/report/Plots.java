package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.failures.OutputFailure;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
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
     * Draws; where nothing can be drawn there is a warning. A Java runtime without fonts fails with errors, not exceptions.
     *
     * @param drawing what to draw
     * @return what to fail with when all else is written, if a picture could not be written: on a full disk, say
     */
    public static Optional<OutputFailure> tryTo(Drawing drawing) {
        try {
            drawing.draw();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(new OutputFailure(
                    "cannot write the plots (" + e.getMessage()
                            + "); the tables are complete; make room or name another folder with --out",
                    e));
        } catch (RuntimeException | LinkageError | InternalError e) {
            LOG.warn("plots not drawn ({}); the tables have the numbers", e.toString());
            return Optional.empty();
        }
    }

    /**
     * Draws, as {@link #tryTo}, and ends a command: says where its results are, and then fails if a picture could not be written.
     *
     * @param drawing what to draw
     * @param folder of the results
     * @param terminal where to say so
     * @throws OutputFailure if a picture could not be written
     */
    public static void finish(Drawing drawing, Path folder, PrintWriter terminal) {
        Optional<OutputFailure> unwritten = tryTo(drawing);
        terminal.println("written to " + folder);
        terminal.flush();
        unwritten.ifPresent(failure -> {
            throw failure;
        });
    }
}
