package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.headline.WorkersStudy;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.Plots;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains the autoencoder with several workers. */
@Command(
        name = "parallel-autoencoder",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Trains a deep autoencoder with different numbers of workers, which go through batches of the same size at "
                        + "the same time, and tells how many updates and seconds a fixed loss takes.")
final class ParallelCommand implements Callable<Integer> {

    @Mixin
    private DataOptions data;

    @Mixin
    private AutoencoderOptions autoencoder;

    @Mixin
    private ThreadOptions threads;

    @Option(
            names = "--workers",
            split = ",",
            paramLabel = "N",
            defaultValue = "1,2,4",
            description = "Numbers of workers, in turn. Default: ${DEFAULT-VALUE}.")
    private List<Integer> workers;

    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            defaultValue = "kfac",
            description = "Optimizer that takes the steps; any but those that make each step of the rows of its batch. "
                    + "Default: ${DEFAULT-VALUE}.")
    private String optimizer;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "250",
            description = "Examples of each worker in a step. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "100",
            description = "Updates of each run. Default: ${DEFAULT-VALUE}.")
    private long steps;

    @Option(
            names = "--target",
            paramLabel = "X",
            defaultValue = "80",
            description = "Training loss to which updates and seconds are told. Default: ${DEFAULT-VALUE}.")
    private double target;

    @Option(
            names = "--evaluations",
            paramLabel = "N",
            defaultValue = "25",
            description = "Evaluations, evenly over a run. Default: ${DEFAULT-VALUE}.")
    private int evaluations;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of initial parameters, batches and sampling. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "out/parallel-autoencoder",
            description = "Folder for table, plots and workers.csv. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter terminal = spec.commandLine().getOut();
        check();
        threads.apply();
        OutputFolder.prepare(out, "--out");
        DataOptions.tellReading(terminal);
        Problem problem = autoencoder.problem(data, terminal::println);
        RunOptions.checkBatch("--batch", batch, problem.trainCount());
        WorkersStudy study =
                new WorkersStudy(problem, Optimizer.of(optimizer), OptimizerSettings.DEFAULTS, batch, target);
        study.run(workers, new Budget(Double.POSITIVE_INFINITY, steps, evaluations), seed, terminal);
        study.writeNumbers(out);
        terminal.println();
        terminal.print(study.markdown());
        Plots.finish(() -> study.draw(out), out, terminal);
        return 0;
    }

    private void check() {
        workers.forEach(count -> Checks.within("--workers", count, 1, 1024));
        Checks.atLeastOne("--batch", batch);
        Checks.atLeastOne("--steps", steps);
        Checks.within("--evaluations", evaluations, 1, 100_000);
        Checks.positive("--target", target);
    }
}
