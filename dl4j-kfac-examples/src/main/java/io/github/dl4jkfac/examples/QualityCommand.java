package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.commandline.Interruption;
import io.github.dl4jkfac.examples.commandline.RunRecords;
import io.github.dl4jkfac.examples.data.DataSets;
import io.github.dl4jkfac.examples.data.Downscaling;
import io.github.dl4jkfac.examples.data.LabelledSplit;
import io.github.dl4jkfac.examples.failures.OutputFailure;
import io.github.dl4jkfac.examples.quality.FisherDrawing;
import io.github.dl4jkfac.examples.quality.Plan;
import io.github.dl4jkfac.examples.quality.QualityPlots;
import io.github.dl4jkfac.examples.quality.QualityProblem;
import io.github.dl4jkfac.examples.quality.Study;
import io.github.dl4jkfac.examples.quality.StudyListener;
import io.github.dl4jkfac.examples.quality.StudyReport;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.Plots;
import io.github.dl4jkfac.examples.training.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures how good the directions of the natural-gradient methods are while a network trains. */
@Command(
        name = "quality",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Trains a classifier of digits and an autoencoder, stops at several stages, and measures on the "
                + "batches that come next how good the direction of each method is: the indicator of Wu et al. (2024) "
                + "over that of the gradient. Also draws the classifier's exact Fisher matrix beside its Kronecker "
                + "approximation.")
final class QualityCommand implements Callable<Integer> {

    private static final int EVALUATION_IMAGES = 2000;

    @Option(
            names = "--problem",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "classifier,autoencoder",
            description = "Networks to study: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private List<QualityProblem> problems;

    @Mixin
    private DataOptions data;

    @Mixin
    private QualityOptions options;

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
            description = "Repeat with the next N-1 seeds as well and report the spread over the seeds. "
                    + "Default: ${DEFAULT-VALUE}.")
    private int repeat;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "out/quality",
            description = "Folder for tables and pictures. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Mixin
    private ThreadOptions threads;

    private FisherDrawing drawing;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter terminal = spec.commandLine().getOut();
        Checks.repetitions(seed, repeat);
        options.check();
        data.check();
        threads.apply();
        OutputFolder.prepare(out, "--out");
        LabelledSplit images = images(terminal);
        Set<QualityProblem> chosen = EnumSet.copyOf(problems);
        options.checkBatch(images.train().count());
        RunRecords.of(spec)
                .with("data", images.name())
                .with("seed", seed)
                .with("repeat", repeat)
                .with("measurements", options.describe())
                .write(out);
        StudyReport report = new StudyReport(out, terminal);
        try (Interruption interruption = new Interruption(() -> {
            report.writeTables();
            Interruption.tell(spec, out);
        })) {
            for (QualityProblem name : chosen) {
                study(name, images, report, terminal);
            }
        }
        terminal.println();
        terminal.print(report);
        terminal.flush();
        Optional<OutputFailure> unwritten = Plots.tryTo(() -> QualityPlots.write(out, report));
        report.writeTables();
        unwritten
                .or(() -> Optional.ofNullable(drawing).flatMap(FisherDrawing::unwritten))
                .ifPresent(failure -> {
                    throw failure;
                });
        terminal.println("written to " + out);
        terminal.flush();
        return 0;
    }

    private LabelledSplit images(PrintWriter terminal) {
        DataOptions.tellReading(terminal);
        LabelledSplit all =
                DataSets.labelled(data.dataset, data.place, terminal::println).first(data.trainSize, data.testSize);
        DataOptions.tell(
                terminal::println, all.name(), all.train().count(), all.test().count(), "images");
        return Downscaling.of(all, QualityProblem.SIDE);
    }

    private void study(QualityProblem name, LabelledSplit images, StudyReport report, PrintWriter terminal) {
        Problem problem = name.on(images, data.evaluationSize(EVALUATION_IMAGES));
        Plan plan = options.plan(problem, terminal::println);
        StudyListener listener = report.follow(name.id());
        if (name == QualityProblem.CLASSIFIER) {
            drawing = new FisherDrawing(listener, seed, options.middleStage(), images.train(), out, terminal);
            listener = drawing;
        }
        Study study = new Study(problem, plan);
        for (int i = 0; i < repeat; i++) {
            study.run(seed + i, listener);
        }
    }
}
