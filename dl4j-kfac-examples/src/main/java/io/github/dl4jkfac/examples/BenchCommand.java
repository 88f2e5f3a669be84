package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.examples.bench.BenchReport;
import io.github.dl4jkfac.examples.bench.BenchSubject;
import io.github.dl4jkfac.examples.bench.Variant;
import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.commandline.Interruption;
import io.github.dl4jkfac.examples.commandline.RunRecords;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.RunRecord;
import io.github.dl4jkfac.examples.training.Networks;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.solve.NativeFloor;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures what a step of each optimizer costs, and where the time goes. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Measures the cost of a step of K-FAC over Nesterov's on the autoencoder or another problem: in one "
                        + "process, in alternating rounds, so that other load falls on both alike.")
final class BenchCommand implements Callable<Integer> {

    /** After so many intervals K-FAC's statistics and inverses are as seldom as they stay. */
    private static final int EARLY_ROUNDS = 4;

    private static final int MOST_ROUNDS = 10_000;

    @Mixin
    private ProblemOptions problems;

    @Mixin
    private OptimizerOptions settings;

    @Mixin
    private ThreadOptions threads;

    @Option(
            names = "--optimizers",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "nesterovs,kfac",
            completionCandidates = OptimizerNames.class,
            description =
                    "Optimizers, of ${COMPLETION-CANDIDATES}; the first is the one that the others are divided by. "
                            + "Default: ${DEFAULT-VALUE}.")
    private List<String> optimizers;

    @Option(
            names = "--batches",
            split = ",",
            paramLabel = "N",
            defaultValue = "250,1000,4000",
            description = "Batch sizes. Default: ${DEFAULT-VALUE}.")
    private List<Integer> batches;

    @Option(
            names = "--lean",
            description = "Measure each optimizer a second time, with lean passes through dense layers.")
    private boolean lean;

    @Option(names = "--background", description = "Measure K-FAC and EKFAC once more, with inverses in the background.")
    private boolean background;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Rounds to take the median of. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "out/bench",
            description = "Folder for bench.csv and run.json. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter terminal = spec.commandLine().getOut();
        Checks.within("--rounds", rounds, 1, MOST_ROUNDS);
        batches.forEach(batch -> Checks.atLeastOne("--batches", batch));
        threads.apply();
        Set<Optimizer> chosen = new LinkedHashSet<>();
        optimizers.forEach(name -> chosen.add(Optimizer.of(name.trim())));
        Map<Optimizer, OptimizerSettings> contenders = settings.settings(chosen, null);
        OutputFolder.prepare(out, "--out");
        DataOptions.tellReading(terminal);
        String floor = NativeFloor.describe();
        Problem problem = problems.problem(terminal::println);
        batches.forEach(batch -> RunOptions.checkBatch("--batches", batch, problem.trainCount()));
        record(problem, contenders);
        BenchReport report = new BenchReport(out, chosen.iterator().next().id());
        try (Interruption interruption = new Interruption(() -> Interruption.tell(spec, out))) {
            for (int batch : batches) {
                measure(problem, contenders, batch, report);
            }
        }
        terminal.println();
        terminal.println(floor);
        terminal.print(report);
        terminal.flush();
        report.finish();
        terminal.println("written to " + out);
        terminal.flush();
        return 0;
    }

    private void record(Problem problem, Map<Optimizer, OptimizerSettings> contenders) {
        RunRecord record = RunRecords.of(spec)
                .with("problem", problem.signature())
                .with("batches", batches)
                .with("rounds", rounds)
                .with("steps_per_round", roundSteps());
        contenders.forEach((optimizer, chosen) ->
                record.withOptimizer(optimizer.id(), Networks.updater(problem, optimizer, chosen, 0)));
        record.write(out);
    }

    private List<Variant> variants() {
        return Arrays.stream(Variant.values())
                .filter(variant -> lean || !variant.isLean())
                .filter(variant -> background || !variant.isInBackground())
                .toList();
    }

    private void measure(Problem problem, Map<Optimizer, OptimizerSettings> contenders, int batch, BenchReport report) {
        Map<String, BenchSubject> subjects = new LinkedHashMap<>();
        for (Variant variant : variants()) {
            contenders.forEach((optimizer, chosen) -> {
                if (variant.suits(optimizer)) {
                    BenchSubject subject = new BenchSubject(problem, optimizer, chosen, batch, variant);
                    subjects.put(variant.nameOf(optimizer), subject);
                    report.count(batch, variant.nameOf(optimizer), subject.operations(optimizer, chosen, batch));
                }
            });
        }
        // warming up also takes K-FAC past its first steps, at which it refreshes more often
        subjects.values().forEach(subject -> subject.run(EARLY_ROUNDS * roundSteps()));
        for (int round = 1; round <= rounds; round++) {
            spec.commandLine().getOut().printf("batch %d, round %d of %d%n", batch, round, rounds);
            spec.commandLine().getOut().flush();
            for (Map.Entry<String, BenchSubject> subject : subjects.entrySet()) {
                report.add(batch, round, subject.getKey(), subject.getValue().run(roundSteps()));
            }
        }
        subjects.values().forEach(BenchSubject::close);
    }

    /** @return the steps of a round: a whole cycle of K-FAC's refreshes, so that each has its share */
    private int roundSteps() {
        return settings.inverseInterval == null ? KFac.DEFAULT_INVERSE_INTERVAL : settings.inverseInterval;
    }
}
