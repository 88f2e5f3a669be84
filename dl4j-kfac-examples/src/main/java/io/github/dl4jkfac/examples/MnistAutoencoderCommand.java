package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.data.MnistSource;
import io.github.dl4jkfac.examples.report.ComparisonReport;
import io.github.dl4jkfac.examples.report.LossPlots;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.Plots;
import io.github.dl4jkfac.examples.report.ReconstructionPlot;
import io.github.dl4jkfac.examples.report.Summary;
import io.github.dl4jkfac.examples.training.AutoencoderProblem;
import io.github.dl4jkfac.examples.training.Checkpoints;
import io.github.dl4jkfac.examples.training.Comparison;
import io.github.dl4jkfac.examples.training.HyperParameters;
import io.github.dl4jkfac.examples.training.Optimizer;
import io.github.dl4jkfac.examples.training.Row;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares optimizers on the deep autoencoder of Hinton and Salakhutdinov (2006). */
@Command(
        name = "mnist-autoencoder",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Trains a deep autoencoder with several optimizers in turn, from the same initial parameters "
                + "and with the same time budget, and compares them.")
final class MnistAutoencoderCommand implements Callable<Integer> {

    private static final int SHOWN_IMAGES = 10;

    @Mixin
    private DataOptions data;

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
            defaultValue = "out/mnist-autoencoder",
            description = "Folder for results.csv, tables and plots. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter terminal = spec.commandLine().getOut();
        Checks.atLeastOne("--repeat", repeat);
        Checks.atLeastOne("--evaluations", evaluations);
        run.apply();
        Map<Optimizer, HyperParameters> contenders = settings.settings(run.chosen());
        List<Repetition> repetitions =
                LongStream.range(seed, seed + repeat).mapToObj(this::repetition).toList();
        AutoencoderProblem problem = data.problem(terminal::println);
        run.checkBatch(problem.trainCount());
        Comparison comparison = new Comparison(problem, contenders, run.budget(evaluations), run.batch);
        for (Repetition repetition : repetitions) {
            comparison.checkResumable(repetition.seed, repetition.checkpoints);
        }
        Summary summary = new Summary();
        for (Repetition repetition : repetitions) {
            summary.add(repetition.seed, compare(problem, comparison, repetition));
        }
        terminal.println();
        terminal.print(summary);
        summary.write(out);
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

    private Map<Optimizer, List<Row>> compare(
            AutoencoderProblem problem, Comparison comparison, Repetition repetition) {
        INDArray shown = problem.testImages(SHOWN_IMAGES);
        Map<String, INDArray> images = new LinkedHashMap<>();
        images.put("test images", shown);
        ComparisonReport report = new ComparisonReport(
                repetition.folder,
                run.budget(evaluations),
                spec.commandLine().getOut(),
                (optimizer, network) -> images.put(optimizer.id(), network.output(shown)));
        comparison.run(repetition.seed, repetition.checkpoints, report);
        Plots.tryTo(() -> {
            LossPlots.write(repetition.folder, problem.signature(), report.results());
            ReconstructionPlot.write(repetition.folder.resolve("reconstructions.png"), MnistSource.SIDE, images);
        });
        return report.results();
    }

    private record Repetition(long seed, Path folder, Checkpoints checkpoints) {}
}
