package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.report.CsvFile;
import io.github.dl4jkfac.examples.report.MarkdownTable;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.scaling.Calibration;
import io.github.dl4jkfac.examples.scaling.Calibration.Measured;
import io.github.dl4jkfac.examples.scaling.Cluster.Design;
import io.github.dl4jkfac.examples.scaling.Cluster.Training;
import io.github.dl4jkfac.examples.scaling.Workload;
import io.github.dl4jkfac.examples.spark.SparkCost;
import io.github.dl4jkfac.examples.spark.SparkCost.Result;
import io.github.dl4jkfac.examples.spark.SparkCost.Way;
import io.github.dl4jkfac.examples.training.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures what steps on Apache Spark cost. */
@Command(
        name = "spark-cost",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Measures what a step of K-FAC on Apache Spark costs: seconds beside the slowest tasks, and bytes "
                        + "on their way beside what they should be.")
final class SparkCostCommand implements Callable<Integer> {

    private static final double MEGA = 1e6;
    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private static final double GIGA = 1e9;

    /** The model has two numbers to fit. */
    private static final int LEAST_TO_FIT = 4;

    /** What is trained. */
    private enum Net {
        AUTOENCODER,
        RESNET20
    }

    @Option(
            names = "--network",
            paramLabel = "NAME",
            defaultValue = "autoencoder",
            description = "autoencoder (MNIST) or resnet20 (CIFAR-10). Default: ${DEFAULT-VALUE}.")
    private Net net;

    @Mixin
    private DataOptions data;

    @Mixin
    private AutoencoderOptions autoencoder;

    @Mixin
    private ImageOptions images;

    @Mixin
    private ThreadOptions threads;

    @Option(
            names = "--ways",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "driver,driver_in_background,shuffle,shuffle_in_background",
            description = "Who adds up, inverts and preconditions. Default: ${DEFAULT-VALUE}.")
    private List<Way> ways;

    @Option(
            names = "--workers",
            paramLabel = "N",
            split = ",",
            defaultValue = "1,2,4",
            description = "Partitions of the data, one study after the other. Default: ${DEFAULT-VALUE}.")
    private List<Integer> workers;

    @Option(
            names = "--master",
            paramLabel = "URL",
            description =
                    "Spark's master, unless spark-submit names one. Default: local, with as many threads as workers, or cores if there are less.")
    private String master;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "256",
            description = "Examples of each worker in a step. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "20",
            description = "Steps that are measured, behind four intervals that are not. Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Option(
            names = "--statistics-interval",
            paramLabel = "N",
            defaultValue = "5",
            description = "Steps between two batches that enter the statistics. Default: ${DEFAULT-VALUE}.")
    private int statisticsInterval;

    @Option(
            names = "--inverse-interval",
            paramLabel = "N",
            defaultValue = "5",
            description = "Steps between two refreshes of the inverses. Default: ${DEFAULT-VALUE}.")
    private int inverseInterval;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "out/spark-cost",
            description = "Folder for cost.csv. Default: ${DEFAULT-VALUE}.")
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
        Problem problem = net == Net.AUTOENCODER
                ? autoencoder.problem(data, terminal::println)
                : images.problem(ImageOptions.Net.RESNET20, data, terminal::println);
        MarkdownTable table = new MarkdownTable(List.of(
                "way, workers",
                "ms a step",
                "slowest tasks",
                "driver's preconditioning",
                "driver's inverses",
                "anything else",
                "MB to the driver (formula)",
                "MB shuffled (formula)",
                "MB broadcast (formula)"));
        CsvFile csv = new CsvFile(
                out.resolve("cost.csv"),
                List.of(
                        "way",
                        "workers",
                        "seconds",
                        "slowest_tasks",
                        "preconditioning",
                        "inverses",
                        "to_driver",
                        "to_driver_by_formula",
                        "shuffled",
                        "shuffled_by_formula",
                        "broadcast",
                        "broadcast_by_formula"));
        List<Measured> measured = new ArrayList<>();
        Result fastest = null; // of those whose driver preconditions
        for (Way way : ways) {
            for (int count : workers) {
                terminal.println(name(way) + ", " + count + " workers ...");
                terminal.flush();
                Result result = measure(problem, way, count);
                table.add(line(result));
                csv.add(Arrays.asList(
                        way,
                        count,
                        result.seconds(),
                        result.slowestTasks(),
                        result.preconditioning(),
                        result.inverses(),
                        result.toDriver(),
                        result.toDriverByFormula(),
                        result.shuffled(),
                        result.shuffledByFormula(),
                        result.broadcast(),
                        result.broadcastByFormula()));
                if (way == Way.DRIVER && (fastest == null || result.slowestTasks() < fastest.slowestTasks())) {
                    fastest = result;
                }
                if (!way.inBackground()) {
                    measured.add(
                            new Measured(way == Way.DRIVER ? Design.DRIVER : Design.SHUFFLE, count, result.seconds()));
                }
            }
        }
        csv.finish();
        terminal.print(table);
        if (net == Net.AUTOENCODER && measured.size() >= LEAST_TO_FIT && fastest != null) {
            terminal.print(calibration(measured, fastest));
        }
        terminal.flush();
        return 0;
    }

    private Result measure(Problem problem, Way way, int count) {
        String cores = "local[" + Math.min(count, CORES) + "]";
        return SparkCommand.onSpark(() -> new SparkCost(problem, batch, steps, statisticsInterval, inverseInterval)
                .measure(way, count, master == null ? cores : master));
    }

    /** What the model makes of the measured steps. */
    private String calibration(List<Measured> measured, Result fastest) {
        Workload work = ScalingCommand.autoencoder();
        double ofPasses = work.workersFlops(batch, statisticsInterval) / fastest.slowestTasks();
        double ofProducts = work.preconditioningFlops() / fastest.preconditioning();
        Calibration fit = Calibration.of(
                ofProducts,
                measured,
                work.withPassesSlower(ofProducts / ofPasses),
                new Training(batch, statisticsInterval, inverseInterval),
                CORES);
        MarkdownTable table = new MarkdownTable(List.of("design, workers", "ms measured", "ms by the model", "ratio"));
        for (Measured step : measured) {
            table.add(List.of(
                    step.design().name().toLowerCase(Locale.ROOT) + ", " + step.workers(),
                    1000 * step.seconds(),
                    1000 * fit.seconds(step),
                    fit.seconds(step) / step.seconds()));
        }
        return String.format(
                        Locale.ROOT,
                        "%nA worker does %.1f billion operations a second in passes and %.1f in products. "
                                + "The model fits best with %.0f MB a second and %.0f ms for a job:%n",
                        ofPasses / GIGA,
                        ofProducts / GIGA,
                        fit.cluster().bytesPerSecond() / MEGA,
                        1000 * fit.cluster().scheduling())
                + table;
    }

    private static List<Object> line(Result result) {
        return List.of(
                name(result.way()) + ", " + result.workers(),
                1000 * result.seconds(),
                1000 * result.slowestTasks(),
                1000 * result.preconditioning(),
                1000 * result.inverses(),
                1000 * result.overhead(),
                megabytes(result.toDriver(), result.toDriverByFormula()),
                megabytes(result.shuffled(), result.shuffledByFormula()),
                megabytes(result.broadcast(), result.broadcastByFormula()));
    }

    private static String name(Way way) {
        return way.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String megabytes(double measured, double byFormula) {
        return String.format(Locale.ROOT, "%.1f (%.1f)", measured / MEGA, byFormula / MEGA);
    }

    private void check() {
        workers.forEach(count -> Checks.within("--workers", count, 1, 10_000));
        Checks.within("--batch", batch, 1, 1_000_000);
        Checks.within("--steps", steps, 1, 1_000_000);
        Checks.within("--statistics-interval", statisticsInterval, 1, 1_000_000);
        Checks.within("--inverse-interval", inverseInterval, 1, 1_000_000);
    }
}
