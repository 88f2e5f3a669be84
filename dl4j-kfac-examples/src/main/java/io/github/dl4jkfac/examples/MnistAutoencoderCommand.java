package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.ProgressDisplay;
import io.github.dl4jkfac.examples.report.TextTable;
import io.github.dl4jkfac.examples.training.AutoencoderProblem;
import io.github.dl4jkfac.examples.training.Budget;
import io.github.dl4jkfac.examples.training.HyperParameters;
import io.github.dl4jkfac.examples.training.Networks;
import io.github.dl4jkfac.examples.training.Optimizer;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.examples.training.TrainingRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares optimizers on the deep MNIST autoencoder. */
@Command(
        name = "mnist-autoencoder",
        mixinStandardHelpOptions = true,
        description = "Trains a deep autoencoder with several optimizers and compares them.")
final class MnistAutoencoderCommand implements Callable<Integer> {

    private static final List<String> COLUMNS =
            List.of("optimizer", "step", "examples", "seconds", "train_loss", "train_error", "test_loss", "test_error");

    @Mixin
    private DataOptions data;

    @Mixin
    private RunOptions run;

    @Mixin
    private OptimizerOptions settings;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of initial parameters, batches and sampling. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--evaluations",
            paramLabel = "N",
            defaultValue = "25",
            description = "Evaluations during a run. Default: ${DEFAULT-VALUE}.")
    private int evaluations;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "out/mnist-autoencoder",
            description = "Folder for results. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter terminal = spec.commandLine().getOut();
        run.apply();
        Map<Optimizer, HyperParameters> chosen = settings.settings(run.chosen());
        OutputFolder.prepare(out, "--out");
        AutoencoderProblem problem = data.problem(seed, terminal::println);
        run.checkBatch(problem.trainCount());
        Map<Optimizer, List<Row>> results = new LinkedHashMap<>();
        CsvFile csv = new CsvFile(out.resolve("results.csv"), COLUMNS);
        for (Optimizer optimizer : run.chosen()) {
            Networks.warmUp(problem, optimizer, chosen.get(optimizer), run.batch);
            MultiLayerNetwork network = Networks.create(problem, optimizer, chosen.get(optimizer), seed);
            Row start = new Row(0, 0, 0, 0, problem.evaluate(network));
            Budget budget = run.budget(evaluations);
            try (ProgressDisplay display = new ProgressDisplay(optimizer.id(), budget, terminal)) {
                List<Row> rows = new TrainingRun(problem, budget, run.batch, seed, display)
                        .train(network, List.of(start), all -> {});
                results.put(optimizer, rows);
                rows.forEach(row -> csv.add(List.of(
                        optimizer.id(),
                        row.step(),
                        row.examples(),
                        row.seconds(),
                        row.scores().trainLoss(),
                        row.scores().trainError(),
                        row.scores().testLoss(),
                        row.scores().testError())));
            }
        }
        TextTable table = new TextTable(
                "optimizer",
                "steps",
                "seconds",
                "cpu s",
                "ms/step",
                "train loss",
                "train error",
                "test loss",
                "test error");
        results.forEach((optimizer, rows) -> {
            Row last = rows.get(rows.size() - 1);
            table.add(
                    optimizer.id(),
                    last.step(),
                    last.seconds(),
                    last.cpuSeconds(),
                    1000 * last.seconds() / last.step(),
                    last.scores().trainLoss(),
                    last.scores().trainError(),
                    last.scores().testLoss(),
                    last.scores().testError());
        });
        terminal.print(table);
        return 0;
    }
}
