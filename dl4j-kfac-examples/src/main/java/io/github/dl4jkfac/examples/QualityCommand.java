package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.data.DataSets;
import io.github.dl4jkfac.examples.data.Downscaling;
import io.github.dl4jkfac.examples.data.LabelledBatches;
import io.github.dl4jkfac.examples.data.LabelledData;
import io.github.dl4jkfac.examples.data.LabelledSplit;
import io.github.dl4jkfac.examples.data.PixelEncoding;
import io.github.dl4jkfac.examples.quality.FisherBlocks;
import io.github.dl4jkfac.examples.quality.Measurement;
import io.github.dl4jkfac.examples.quality.Plan;
import io.github.dl4jkfac.examples.quality.Stage;
import io.github.dl4jkfac.examples.quality.Study;
import io.github.dl4jkfac.examples.quality.StudyListener;
import io.github.dl4jkfac.examples.report.FisherReport;
import io.github.dl4jkfac.examples.report.OutputFailure;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.Plots;
import io.github.dl4jkfac.examples.report.QualityPlots;
import io.github.dl4jkfac.examples.report.QualityReport;
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
    private static final int FISHER_SAMPLES = 1000;
    /** Those between layers of equal size, as in the paper. */
    private static final int FIRST_DRAWN_LAYER = 1;

    private static final int LAST_DRAWN_LAYER = 4;

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

    private Optional<OutputFailure> unwrittenMatrix = Optional.empty();

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
        QualityReport report = new QualityReport(out, terminal);
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
        unwritten.or(() -> unwrittenMatrix).ifPresent(failure -> {
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

    private void study(QualityProblem name, LabelledSplit images, QualityReport report, PrintWriter terminal) {
        Problem problem = name.on(images, data.evaluationSize(EVALUATION_IMAGES));
        Plan plan = options.plan(problem, terminal::println);
        StudyListener table = report.follow(name.id());
        StudyListener listener = name == QualityProblem.CLASSIFIER ? drawing(table, images.train(), terminal) : table;
        Study study = new Study(problem, plan);
        for (int i = 0; i < repeat; i++) {
            study.run(seed + i, listener);
        }
    }

    /** @return also draws the Fisher matrix, of the first seed in the middle of training */
    private StudyListener drawing(StudyListener table, LabelledData images, PrintWriter terminal) {
        return new StudyListener() {
            @Override
            public void reached(Stage stage) {
                table.reached(stage);
                if (stage.seed() == seed && stage.step() == options.middleStage()) {
                    draw(stage, images, terminal);
                }
            }

            @Override
            public void measured(Measurement measurement) {
                table.measured(measurement);
            }
        };
    }

    private void draw(Stage stage, LabelledData images, PrintWriter terminal) {
        int samples = Math.min(FISHER_SAMPLES, images.count());
        FisherReport fisher = new FisherReport(FisherBlocks.of(
                stage.network(),
                FIRST_DRAWN_LAYER,
                LAST_DRAWN_LAYER,
                LabelledBatches.range(images, new PixelEncoding(images.size()), 0, samples)
                        .getFeatures()));
        fisher.write(out);
        terminal.println("step " + stage.step() + ": " + fisher);
        unwrittenMatrix = Plots.tryTo(() -> fisher.draw(
                out,
                "middle layers of the classifier after " + stage.step() + " steps, " + samples
                        + " images; absolute values"));
    }
}
