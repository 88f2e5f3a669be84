package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.headline.LossCurve;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.Plots;
import io.github.dl4jkfac.examples.spark.SparkTraining;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Row;
import io.github.dl4jkfac.spark.Reduction;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains the autoencoder on Apache Spark. */
@Command(
        name = "spark-autoencoder",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Trains a deep autoencoder by K-FAC on Apache Spark: on the cluster that spark-submit names, or in threads of "
                        + "this process, if the jar was built with the profile spark.")
final class SparkCommand implements Callable<Integer> {

    @Mixin
    private DataOptions data;

    @Mixin
    private AutoencoderOptions autoencoder;

    @Mixin
    private ThreadOptions threads;

    @Option(
            names = "--master",
            paramLabel = "URL",
            defaultValue = "local[2]",
            description = "Spark's master, unless spark-submit names one. Default: ${DEFAULT-VALUE}.")
    private String master;

    @Option(
            names = "--workers",
            paramLabel = "N",
            defaultValue = "2",
            description = "Partitions of the data, each of which is a worker. Default: ${DEFAULT-VALUE}.")
    private int workers;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "500",
            description = "Examples of each worker in a step. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "1",
            description = "How often all examples are taken. Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(
            names = "--checkpoints",
            paramLabel = "PATH",
            description =
                    "Folder of any file system that Hadoop knows; the same command goes on from what it finds there. "
                            + "Default: no checkpoints.")
    private String checkpoints;

    @Option(
            names = "--reduction",
            paramLabel = "NAME",
            defaultValue = "driver",
            description = "Who adds up, inverts and preconditions: driver or shuffle. The latter needs --checkpoints. "
                    + "Default: ${DEFAULT-VALUE}.")
    private Reduction reduction;

    @Option(
            names = "--evaluations",
            paramLabel = "N",
            defaultValue = "20",
            description = "Evaluations, evenly over the training. Default: ${DEFAULT-VALUE}.")
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
            defaultValue = "out/spark-autoencoder",
            description = "Folder for plot and loss.csv. Default: ${DEFAULT-VALUE}.")
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
        RunOptions.checkBatch("--batch", workers * batch, problem.trainCount());
        List<Row> rows = onSpark(() -> new SparkTraining(problem, workers, batch, epochs, checkpoints, reduction)
                .run(master, seed, evaluations, terminal));
        LossCurve curve = new LossCurve(problem.signature(), rows);
        curve.writeNumbers(out);
        Plots.finish(() -> curve.draw(out), out, terminal);
        return 0;
    }

    /**
     * @param work needs Spark's classes
     * @return what it returns
     * @throws UserError if they are not there
     */
    static <T> T onSpark(Supplier<T> work) {
        try {
            return work.get();
        } catch (NoClassDefFoundError e) {
            if (!e.getMessage().startsWith("org/apache/spark")) {
                throw e;
            }
            throw new UserError(
                    "Spark is not on the class path: start this command by spark-submit, or build the jar with"
                            + " mvn -Pspark -DskipTests package");
        }
    }

    private void check() {
        Checks.within("--workers", workers, 1, 10_000);
        Checks.within("--batch", batch, 1, 1_000_000);
        Checks.within("--epochs", epochs, 1, 1_000_000);
        Checks.within("--evaluations", evaluations, 1, 100_000);
    }
}
