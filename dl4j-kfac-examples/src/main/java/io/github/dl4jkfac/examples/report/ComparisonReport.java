package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.failures.OutputFailure;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.ComparisonListener;
import io.github.dl4jkfac.examples.training.Networks;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.examples.training.Scores;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.deeplearning4j.nn.api.Model;

/** Follows a comparison on the terminal and in {@code results.csv}, row by row. */
public final class ComparisonReport implements ComparisonListener {

    private static final List<String> COLUMNS =
            List.of("optimizer", "step", "examples", "seconds", "train_loss", "train_error", "test_loss", "test_error");

    private final boolean classifies;
    private final Budget budget;
    private final PrintWriter terminal;
    private final BiConsumer<Optimizer, Model> trained;
    private final CsvFile csv;
    private final Map<Optimizer, List<Row>> results = Collections.synchronizedMap(new LinkedHashMap<>());
    private Optimizer current;
    private ProgressDisplay display;

    /**
     * @param folder existing folder for {@code results.csv}
     * @param classifies whether there is a test accuracy to report
     * @param budget of each optimizer
     * @param terminal where to show progress
     * @param trained receives each network when it is done
     */
    public ComparisonReport(
            Path folder,
            boolean classifies,
            Budget budget,
            PrintWriter terminal,
            BiConsumer<Optimizer, Model> trained) {
        this.classifies = classifies;
        this.budget = budget;
        this.terminal = terminal;
        this.trained = trained;
        this.csv = new CsvFile(folder.resolve("results.csv"), columns(classifies));
    }

    private static List<String> columns(boolean classifies) {
        List<String> columns = new ArrayList<>(COLUMNS);
        if (classifies) {
            columns.add("test_accuracy");
        }
        return columns;
    }

    @Override
    public void preparing(String what) {
        terminal.println(what + " ...");
        terminal.flush();
    }

    @Override
    public void started(Optimizer optimizer, List<Row> soFar) {
        current = optimizer;
        results.put(optimizer, List.copyOf(soFar));
        soFar.forEach(this::write);
        double seconds = soFar.get(soFar.size() - 1).seconds();
        display = new ProgressDisplay(optimizer.id(), classifies, budget, seconds, terminal);
    }

    @Override
    public void stepDone(long step, double seconds, double batchLoss) {
        display.stepDone(step, seconds, batchLoss);
    }

    @Override
    public void evaluated(Row row) {
        display.evaluated(row);
        List<Row> rows = new ArrayList<>(results.get(current));
        rows.add(row);
        results.put(current, List.copyOf(rows));
        write(row);
    }

    @Override
    public void finished(Optimizer optimizer, Model network, List<Row> rows) {
        display.close();
        long skipped = Networks.skippedBatches(network);
        if (skipped > 0) {
            terminal.println(optimizer.id() + " left out " + skipped + " batches that were not finite");
        }
        results.put(optimizer, List.copyOf(rows));
        trained.accept(optimizer, network);
    }

    private void write(Row row) {
        Scores scores = row.scores();
        List<Object> line = new ArrayList<>(List.of(
                current.id(),
                row.step(),
                row.examples(),
                row.seconds(),
                scores.trainLoss(),
                scores.trainError(),
                scores.testLoss(),
                scores.testError()));
        if (classifies) {
            line.add(scores.testAccuracy());
        }
        csv.add(line);
    }

    /**
     * Makes sure that all rows are on disk.
     *
     * @throws OutputFailure if they are not
     */
    public void finish() {
        csv.finish();
    }

    /** @return all rows of each optimizer until now, in the order of the comparison; may be asked for by another thread */
    public Map<Optimizer, List<Row>> results() {
        synchronized (results) {
            return new LinkedHashMap<>(results);
        }
    }
}
