package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Interruption;
import io.github.dl4jkfac.examples.commandline.RunRecords;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.optimizers.Setting;
import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.RunRecord;
import io.github.dl4jkfac.examples.report.TuneTable;
import io.github.dl4jkfac.examples.training.Networks;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Progress;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.examples.training.Scores;
import io.github.dl4jkfac.examples.training.TrainingRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.deeplearning4j.nn.api.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains a problem with every combination of settings, to find the best of each optimizer. */
@Command(
        name = "tune",
        mixinStandardHelpOptions = true,
        description =
                "Trains the autoencoder, or another problem, with every combination of the listed settings and writes "
                        + "tune.csv.")
final class TuneCommand implements Callable<Integer> {

    private static final List<String> FIRST_COLUMNS = List.of(
            "optimizer",
            "batch",
            "learning_rate",
            "seed",
            "step",
            "seconds",
            "cpu_seconds",
            "train_loss",
            "test_loss",
            "train_error",
            "test_error",
            "status");

    @Mixin
    private ProblemOptions problems;

    @Mixin
    private RunOptions run;

    @Mixin
    private GridOptions grid;

    @Option(
            names = "--seeds",
            split = ",",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seeds of initial parameters and batches; one run for each. Default: ${DEFAULT-VALUE}.")
    private List<Long> seeds;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "out/tune",
            description = "Folder for tune.csv. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter terminal = spec.commandLine().getOut();
        run.apply();
        grid.check();
        List<Candidate> candidates = candidates();
        OutputFolder.prepare(out, "--out");
        DataOptions.tellReading(terminal);
        Problem problem = problems.problem(terminal::println);
        int batch = run.batch(problem);
        record(problem, candidates, batch);
        CsvFile csv = new CsvFile(out.resolve("tune.csv"), columns());
        TuneTable table = new TuneTable(problem.classifies());
        try (Interruption interruption = new Interruption(() -> Interruption.tell(spec, out))) {
            train(problem, candidates, batch, csv, table);
        }
        terminal.println();
        terminal.print(table);
        terminal.flush();
        csv.finish();
        terminal.println("written to " + out);
        terminal.flush();
        return 0;
    }

    private void record(Problem problem, List<Candidate> candidates, int batch) {
        RunRecord record = RunRecords.of(spec)
                .with("problem", problem.signature())
                .with("seeds", seeds)
                .with("batch", batch)
                .with("budget", run.budget(1).toString());
        candidates.forEach(candidate -> record.withOptimizer(
                candidate.optimizer.id() + " " + candidate.settings.describe(),
                Networks.updater(problem, candidate.optimizer, candidate.settings, seeds.get(0))));
        record.write(out);
    }

    private List<Candidate> candidates() {
        List<Candidate> candidates = new ArrayList<>();
        for (Optimizer optimizer : run.chosen()) {
            for (OptimizerSettings point : grid.settings(optimizer)) {
                OptimizerSettings settings = point.with(Setting.SCHEDULE, run.schedule);
                // Refuses a bad value now rather than hours into the grid.
                optimizer.updater(settings, 0);
                candidates.add(new Candidate(optimizer, settings));
            }
        }
        return candidates;
    }

    private void train(Problem problem, List<Candidate> candidates, int batch, CsvFile csv, TuneTable table) {
        Optimizer warm = null;
        for (Candidate candidate : candidates) {
            if (candidate.optimizer != warm) {
                Networks.warmUp(problem, candidate.optimizer, candidate.settings, batch);
                warm = candidate.optimizer;
            }
            for (long seed : seeds) {
                Row row = train(problem, candidate, batch, seed);
                csv.add(line(candidate, batch, seed, row));
                table.add(candidate.optimizer, candidate.settings, row);
                tell(candidate, seed, row);
            }
        }
    }

    private void tell(Candidate candidate, long seed, Row row) {
        PrintWriter terminal = spec.commandLine().getOut();
        terminal.printf(
                Locale.ROOT,
                "%s %s seed=%d: %d steps, %.1f s, train loss %.3f, test loss %.3f%n",
                candidate.optimizer.id(),
                candidate.settings.describe(),
                seed,
                row.step(),
                row.seconds(),
                row.scores().trainLoss(),
                row.scores().testLoss());
        terminal.flush();
    }

    private Row train(Problem problem, Candidate candidate, int batch, long seed) {
        Model network = Networks.create(problem, candidate.optimizer, candidate.settings, seed);
        // Only the end counts here: one evaluation, and none at the start.
        Row start = new Row(0, 0, 0, 0, new Scores(0, 0, 0, 0));
        TrainingRun training = new TrainingRun(problem, run.budget(1), batch, seed, Progress.SILENT);
        List<Row> rows = training.train(network, List.of(start), all -> {});
        return rows.get(rows.size() - 1);
    }

    private static List<String> columns() {
        List<String> columns = new ArrayList<>(FIRST_COLUMNS);
        OptimizerSettings.DEFAULTS.asMap().keySet().stream()
                .filter(name -> !columns.contains(name))
                .forEach(columns::add);
        return columns;
    }

    private static List<Object> line(Candidate candidate, int batch, long seed, Row row) {
        Scores scores = row.scores();
        List<Object> line = new ArrayList<>(Arrays.asList(
                candidate.optimizer.id(),
                batch,
                candidate.settings.asMap().get("learning_rate"),
                seed,
                row.step(),
                row.seconds(),
                row.cpuSeconds(),
                scores.trainLoss(),
                scores.testLoss(),
                scores.trainError(),
                scores.testError(),
                scores.finite() ? "ok" : "diverged"));
        candidate.settings.asMap().forEach((name, value) -> {
            if (!FIRST_COLUMNS.contains(name)) {
                line.add(value);
            }
        });
        return line;
    }

    private record Candidate(Optimizer optimizer, OptimizerSettings settings) {}
}
