package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.data.MnistSource;
import io.github.dl4jkfac.examples.report.ComparisonReport;
import io.github.dl4jkfac.examples.report.LossPlots;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.Plots;
import io.github.dl4jkfac.examples.report.ReconstructionPlot;
import io.github.dl4jkfac.examples.report.Summary;
import io.github.dl4jkfac.examples.training.AutoencoderProblem;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Checkpoints;
import io.github.dl4jkfac.examples.training.Comparison;
import io.github.dl4jkfac.examples.training.HyperParameters;
import io.github.dl4jkfac.examples.training.Optimizer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
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
        for (int i = 0; i < repeat; i++) {
            OutputFolder.prepare(out.resolve(subfolder(seed + i)), "--out");
            saving.checkpoints(subfolder(seed + i));
        }
        AutoencoderProblem problem = data.problem(seed, terminal::println);
        run.checkBatch(problem.trainCount());
        Budget budget = run.budget(evaluations);
        Comparison comparison = new Comparison(problem, contenders, budget, run.batch);
        for (int i = 0; i < repeat; i++) {
            comparison.checkResumable(seed + i, saving.checkpoints(subfolder(seed + i)));
        }
        Summary summary = new Summary();
        for (int i = 0; i < repeat; i++) {
            compare(problem, comparison, budget, seed + i, summary);
        }
        terminal.println();
        terminal.print(summary);
        summary.write(out);
        terminal.println("written to " + out);
        terminal.flush();
        return 0;
    }

    private String subfolder(long runSeed) {
        return repeat == 1 ? "" : "seed-" + runSeed;
    }

    private void compare(
            AutoencoderProblem problem, Comparison comparison, Budget budget, long runSeed, Summary summary) {
        Path folder = out.resolve(subfolder(runSeed));
        Checkpoints checkpoints = saving.checkpoints(subfolder(runSeed));
        INDArray shown = problem.testImages(SHOWN_IMAGES);
        Map<String, INDArray> images = new LinkedHashMap<>();
        images.put("test images", shown);
        ComparisonReport report = new ComparisonReport(
                folder,
                budget,
                spec.commandLine().getOut(),
                (optimizer, network) -> images.put(optimizer.id(), network.output(shown)));
        comparison.run(runSeed, checkpoints, report);
        summary.add(runSeed, report.results());
        Plots.tryTo(() -> {
            LossPlots.write(folder, problem.signature(), report.results());
            ReconstructionPlot.write(folder.resolve("reconstructions.png"), MnistSource.SIDE, images);
        });
    }
}
