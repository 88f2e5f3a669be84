package io.github.dl4jkfac.examples.headline;

import io.github.dl4jkfac.examples.failures.OutputFailure;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.report.ProgressDisplay;
import io.github.dl4jkfac.examples.training.Networks;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.examples.training.TrainingRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;

/**
 * Runs trials, each once: what came out is kept in a file of its own, and a trial whose file is there is read in place of being run again.
 * So a command that has been killed goes on with the trial that it was in.
 */
public final class Trials {

    private static final String WITHOUT = "dl4jkfac.without";

    private final Path folder;
    private final PrintWriter terminal;
    private final Set<String> warm = new HashSet<>();

    /**
     * @param folder existing folder of the files
     * @param terminal where to show progress
     */
    public Trials(Path folder, PrintWriter terminal) {
        this.folder = folder;
        this.terminal = terminal;
    }

    /**
     * The evaluations of a trial, at least that of step 0.
     *
     * @throws OutputFailure if its file cannot be read or written
     */
    List<Row> rows(Problem problem, Trial trial) {
        Path file = folder.resolve(trial.fileName());
        try {
            if (Files.exists(file)) {
                List<String> lines = Files.readAllLines(file);
                if (lines.get(0).equals(problem.signature())) {
                    return lines.stream().skip(1).map(Row::fromText).toList();
                }
            }
            List<Row> rows = trainWithout(problem, trial);
            write(file, problem.signature(), rows);
            return rows;
        } catch (IOException e) {
            throw new OutputFailure(
                    "cannot read or write " + file + " (" + e.getMessage()
                            + "); make room or name another folder with --out",
                    e);
        }
    }

    private List<Row> trainWithout(Problem problem, Trial trial) {
        if (trial.without().isEmpty()) {
            return train(problem, trial);
        }
        System.setProperty(WITHOUT, trial.without()); // read when K-FAC attaches itself to the network
        try {
            return train(problem, trial);
        } finally {
            System.clearProperty(WITHOUT);
        }
    }

    private List<Row> train(Problem problem, Trial trial) {
        terminal.println(trial.title());
        terminal.flush();
        Optimizer optimizer = trial.optimizer();
        if (warm.add(trial.task() + " " + optimizer + " " + trial.batch())) {
            Networks.warmUp(problem, optimizer, trial.settings(), trial.batch());
        }
        Model network = Networks.create(problem, optimizer, trial.settings(), trial.seed());
        Row start = new Row(0, 0, 0, 0, problem.evaluate(network));
        try (ProgressDisplay display =
                new ProgressDisplay(optimizer.id(), problem.classifies(), trial.budget(), 0, terminal)) {
            TrainingRun run = new TrainingRun(problem, trial.budget(), trial.batch(), trial.seed(), display.quiet());
            List<Row> rows = run.train(
                    network, List.of(start), all -> {}, row -> row.scores().trainLoss() <= trial.target());
            Row end = rows.get(rows.size() - 1);
            terminal.printf(
                    Locale.ROOT,
                    "  %d updates in %.1f s, train loss %.4g, test loss %.4g%n",
                    end.step(),
                    end.seconds(),
                    end.scores().trainLoss(),
                    end.scores().testLoss());
            terminal.flush();
            return rows;
        }
    }

    private static void write(Path file, String signature, List<Row> rows) throws IOException {
        List<String> lines = new ArrayList<>(List.of(signature));
        rows.forEach(row -> lines.add(row.toText()));
        Path unfinished = file.resolveSibling("unfinished.tmp");
        Files.write(unfinished, lines);
        Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
