package io.github.dl4jkfac;

import io.github.dl4jkfac.diagnostics.StepControl;
import io.github.dl4jkfac.diagnostics.StepReport;
import io.github.dl4jkfac.session.Session;
import io.github.dl4jkfac.session.Sessions;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;

/**
 * Writes a line of a CSV file for each step of a network: the loss of its batch, and how the step was controlled ({@link StepReport}, {@link
 * StepControl}). Fields that a step does not have are empty. To be added to the network's listeners after {@link
 * KFacListener#attach}, and to be closed after training; until then the last lines may not be in the file.
 */
public final class StepLog extends BaseTrainingListener implements AutoCloseable {

    private static final String HEADER =
            "step,loss,damping,kl_scale,alpha,momentum,curvature,region,share,promised,decrease,ratio,halvings,rejected";

    private final BufferedWriter file;

    /**
     * Begins a file.
     *
     * @param path of the file; one that is there is overwritten
     * @throws IOException if it cannot be written
     */
    public StepLog(Path path) throws IOException {
        file = Files.newBufferedWriter(path);
        file.write(HEADER);
        file.newLine();
    }

    /**
     * Writes the line of a step; nothing happens for a network that no listener of this library is attached to.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    @Override
    public synchronized void iterationDone(Model model, int iteration, int epoch) {
        Session session = KFacListener.isNetwork(model) ? Sessions.find(model) : null;
        if (session == null) {
            return;
        }
        StepReport report = session.report();
        try {
            file.write(report.steps() + "," + line(model.score(), report));
            file.newLine();
        } catch (IOException e) {
            throw new UncheckedIOException("The log of the steps cannot be written", e);
        }
    }

    private static String line(double loss, StepReport report) {
        StepControl c = report.control();
        DoubleStream general = DoubleStream.of(loss, report.damping(), report.klScale());
        DoubleStream control = c == null
                ? DoubleStream.generate(() -> Double.NaN).limit(10)
                : DoubleStream.of(
                        c.alpha(),
                        c.momentum(),
                        c.curvature(),
                        c.region(),
                        c.share(),
                        c.promised(),
                        c.decrease(),
                        c.ratio(),
                        c.halvings(),
                        c.rejected());
        return DoubleStream.concat(general, control)
                .mapToObj(value -> Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.6g", value))
                .collect(Collectors.joining(","));
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }
}
