package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.commandline.Interruption;
import io.github.dl4jkfac.examples.commandline.RunRecords;
import io.github.dl4jkfac.examples.failures.OutputFailure;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.report.ComparisonReport;
import io.github.dl4jkfac.examples.report.Curves;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.Pictures;
import io.github.dl4jkfac.examples.report.Plots;
import io.github.dl4jkfac.examples.report.RunRecord;
import io.github.dl4jkfac.examples.report.Summary;
import io.github.dl4jkfac.examples.training.Comparison;
import io.github.dl4jkfac.examples.training.Networks;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.examples.training.SavedRuns;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * A command that compares optimizers on one problem. What it trains is up to the subclass; budget, optimizers,
 * checkpoints, repetitions and results are the same for all.
 */
abstract class ComparisonCommand implements Callable<Integer> {

    private static final int MOST_EVALUATIONS = 100_000;

    @Mixin
    private RunOptions run;

    @Mixin
    private OptimizerOptions settings;

    @Mixin
    private CheckpointOptions saving;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of initial parameters, batches and sampling. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            defaultValue = "1",
            description = "Repeat with the next N-1 seeds as well and report medians; results of each seed go to a "
                    + "subfolder. Default: ${DEFAULT-VALUE}.")
    private int repeat;

    @Option(
            names = "--evaluations",
            paramLabel = "N",
            defaultValue = "25",
            description = "Evaluations, evenly over a run. Default: ${DEFAULT-VALUE}.")
    private int evaluations;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder for results.csv, tables and plots. Default: out/ and the name of the command.")
    private Path out;

    @Spec
    private CommandSpec spec;

    /**
     * @param notice receives lines on what was chosen
     * @return what to train
     */
    abstract Problem problem(Consumer<String> notice);

    /**
     * @param problem what {@link #problem} returned
     * @return what to draw of one repetition beside the curves
     */
    Pictures pictures(Problem problem) {
        return Pictures.NONE;
    }

    @Override
    public Integer call() {
        PrintWriter terminal = spec.commandLine().getOut();
        Checks.repetitions(seed, repeat);
        Checks.within("--evaluations", evaluations, 1, MOST_EVALUATIONS);
        run.apply();
        if (out == null) {
            out = Path.of("out", spec.name());
        }
        Map<Optimizer, OptimizerSettings> contenders = settings.settings(run.chosen(), run.schedule);
        List<Repetition> repetitions = LongStream.rangeClosed(seed, seed + repeat - 1)
                .mapToObj(this::repetition)
                .toList();
        DataOptions.tellReading(terminal);
        Problem problem = problem(terminal::println);
        int batch = run.batch(problem);
        Comparison comparison = new Comparison(problem, contenders, run.budget(evaluations), batch);
        for (Repetition repetition : repetitions) {
            comparison.checkResumable(repetition.seed, repetition.checkpoints);
        }
        Summary summary = new Summary(problem.classifies());
        for (Repetition repetition : repetitions) {
            record(problem, contenders, batch, repetition);
            summary.add(repetition.seed, compare(problem, comparison, repetition));
        }
        terminal.println();
        terminal.print(summary);
        terminal.flush();
        summary.write(out);
        repetitions.forEach(repetition -> repetition.report.finish());
        repetitions.forEach(Repetition::requireAllWritten);
        terminal.println("written to " + out);
        terminal.flush();
        return 0;
    }

    /** @return one run of the comparison, with its folders, which can be written */
    private Repetition repetition(long itsSeed) {
        String subfolder = repeat == 1 ? "" : "seed-" + itsSeed;
        Path folder = OutputFolder.prepare(out.resolve(subfolder), "--out");
        return new Repetition(itsSeed, folder, saving.checkpoints(subfolder));
    }

    private Map<Optimizer, List<Row>> compare(Problem problem, Comparison comparison, Repetition repetition) {
        Pictures pictures = pictures(problem);
        ComparisonReport report = new ComparisonReport(
                repetition.folder,
                problem.classifies(),
                run.budget(evaluations),
                spec.commandLine().getOut(),
                pictures::trained);
        repetition.report = report;
        try (Interruption interruption = new Interruption(() -> rescue(problem, repetition))) {
            comparison.run(repetition.seed, repetition.checkpoints, report);
        }
        repetition.unwritten = Plots.tryTo(() -> {
            draw(problem, repetition);
            pictures.write(repetition.folder);
        });
        return report.results();
    }

    private static void draw(Problem problem, Repetition repetition) throws IOException {
        Curves.write(repetition.folder, problem.signature(), problem.classifies(), repetition.report.results());
    }

    /** What there is so far is in results.csv already; the curves are drawn of it. */
    private void rescue(Problem problem, Repetition repetition) {
        Plots.tryTo(() -> draw(problem, repetition))
                .ifPresent(failure -> spec.commandLine().getErr().println("error: " + failure.getMessage()));
        Interruption.tell(spec, repetition.folder);
    }

    private void record(
            Problem problem, Map<Optimizer, OptimizerSettings> contenders, int batch, Repetition repetition) {
        RunRecord record = RunRecords.of(spec)
                .with("problem", problem.signature())
                .with("seed", repetition.seed)
                .with("batch", batch)
                .with("budget", run.budget(evaluations).toString());
        contenders.forEach((optimizer, settings) ->
                record.withOptimizer(optimizer.id(), Networks.updater(problem, optimizer, settings, repetition.seed)));
        record.write(repetition.folder);
    }

    private static final class Repetition {

        private final long seed;
        private final Path folder;
        private final SavedRuns checkpoints;
        private ComparisonReport report;
        private Optional<OutputFailure> unwritten = Optional.empty();

        Repetition(long seed, Path folder, SavedRuns checkpoints) {
            this.seed = seed;
            this.folder = folder;
            this.checkpoints = checkpoints;
        }

        void requireAllWritten() {
            unwritten.or(() -> checkpoints.complaint().map(OutputFailure::new)).ifPresent(failure -> {
                throw failure;
            });
        }
    }
}
