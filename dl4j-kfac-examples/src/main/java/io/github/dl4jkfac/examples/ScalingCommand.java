package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.report.OutputFolder;
import io.github.dl4jkfac.examples.report.Plots;
import io.github.dl4jkfac.examples.scaling.Cluster;
import io.github.dl4jkfac.examples.scaling.ScalingStudy;
import io.github.dl4jkfac.examples.scaling.Updates;
import io.github.dl4jkfac.examples.scaling.Workload;
import io.github.dl4jkfac.examples.scaling.Workload.Inversion;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells by a model how long steps take with many workers. */
@Command(
        name = "scaling",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Tells by a model how long a step takes with 1 to 1024 workers, for synchronous SGD and for K-FAC with three ways to "
                        + "share the work. Trains nothing.")
final class ScalingCommand implements Callable<Integer> {

    private static final double BITS = 8;

    /** The work of the autoencoder of the benchmarks. */
    static Workload autoencoder() {
        return Workload.dense("autoencoder", List.of(784, 1000, 500, 250, 30, 250, 500, 1000, 784));
    }

    /** Networks with known work. */
    private enum Net {
        AUTOENCODER {
            @Override
            Workload work(List<Integer> layers) {
                return Workload.dense("autoencoder", layers);
            }
        },
        RESNET50 {
            @Override
            Workload work(List<Integer> layers) {
                return Workload.resNet50();
            }
        };

        abstract Workload work(List<Integer> layers);
    }

    @Option(
            names = "--network",
            paramLabel = "NAME",
            defaultValue = "autoencoder",
            description = "autoencoder or resnet50. Default: ${DEFAULT-VALUE}.")
    private Net net;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "256",
            description = "Examples of each worker in a step. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--gigaflops",
            paramLabel = "X",
            defaultValue = "50",
            description =
                    "Billions of operations that a worker does in a second. Default: ${DEFAULT-VALUE}, a core of a server.")
    private double gigaflops;

    @Option(
            names = "--gigabits",
            paramLabel = "X",
            defaultValue = "10",
            description = "What a machine sends or receives in a second. Default: ${DEFAULT-VALUE}.")
    private double gigabits;

    @Option(
            names = "--scheduling",
            paramLabel = "S",
            defaultValue = "0.05",
            description = "Seconds in which Spark hands out a job. Default: ${DEFAULT-VALUE}.")
    private double scheduling;

    @Option(
            names = "--spread",
            paramLabel = "X",
            defaultValue = "0.05",
            description = "Standard deviation of the logarithm of a worker's time. Default: ${DEFAULT-VALUE}.")
    private double spread;

    @Option(
            names = "--statistics-interval",
            paramLabel = "N",
            defaultValue = "5",
            description = "Steps between two batches that enter the statistics. Default: ${DEFAULT-VALUE}.")
    private int statisticsInterval;

    @Option(
            names = "--inverse-interval",
            paramLabel = "N",
            defaultValue = "25",
            description = "Steps between two inversions. Default: ${DEFAULT-VALUE}.")
    private int inverseInterval;

    @Option(
            names = "--layers",
            paramLabel = "N",
            split = "-",
            defaultValue = "784-1000-500-250-30-250-500-1000-784",
            description = "Layer sizes of the autoencoder. Default: ${DEFAULT-VALUE}.")
    private List<Integer> layers;

    @Option(
            names = "--kfac-updates",
            paramLabel = "B=N",
            split = ",",
            description =
                    "How many updates K-FAC takes to some loss with batches of some sizes, two of them at least. With these "
                            + "and --sgd-updates the time to that loss is told, too.")
    private Map<Integer, Double> kfacUpdates;

    @Option(names = "--sgd-updates", paramLabel = "B=N", split = ",", description = "The same of SGD.")
    private Map<Integer, Double> sgdUpdates;

    @Option(names = "--eigenvectors", description = "Invert by eigenvectors in place of Cholesky's method.")
    private boolean eigenvectors;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "out/scaling",
            description = "Folder for plot and scaling.csv. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter terminal = spec.commandLine().getOut();
        check();
        OutputFolder.prepare(out, "--out");
        Workload work = net.work(layers).with(eigenvectors ? Inversion.EIGENVECTORS : Inversion.CHOLESKY);
        ScalingStudy study = new ScalingStudy(
                new Cluster(gigaflops * 1e9, gigabits * 1e9 / BITS, scheduling, spread),
                work,
                new Cluster.Training(batch, statisticsInterval, inverseInterval),
                updates(kfacUpdates),
                updates(sgdUpdates));
        study.writeNumbers(out);
        terminal.print(study.markdown());
        if (study.hasTarget()) {
            terminal.println();
            terminal.print(study.markdownToTarget());
        }
        Plots.finish(() -> draw(study), out, terminal);
        return 0;
    }

    private void draw(ScalingStudy study) throws IOException {
        study.draw(out);
        if (study.hasTarget()) {
            study.drawToTarget(out);
        }
    }

    private static Updates updates(Map<Integer, Double> measured) {
        return measured == null ? null : Updates.of(measured);
    }

    private static void checkUpdates(String name, Map<Integer, Double> measured) {
        if (measured == null) {
            return;
        }
        if (measured.size() < 2) {
            throw new UserError(name + " needs the updates with two sizes of batches at least. Got: " + measured);
        }
        measured.forEach((size, updates) -> {
            Checks.within(name, size, 1, 1_000_000_000);
            Checks.positive(name, updates);
        });
    }

    private void check() {
        checkUpdates("--kfac-updates", kfacUpdates);
        checkUpdates("--sgd-updates", sgdUpdates);
        if (layers.size() < 2 || layers.stream().anyMatch(width -> width < 1)) {
            throw new UserError("--layers must be two sizes of layers at least, each at least 1. Got: " + layers);
        }
        Checks.within("--batch", batch, 1, 1_000_000);
        Checks.within("--statistics-interval", statisticsInterval, 1, 1_000_000);
        Checks.within("--inverse-interval", inverseInterval, 1, 1_000_000);
        Checks.positive("--gigaflops", gigaflops);
        Checks.positive("--gigabits", gigabits);
        Checks.notNegative("--scheduling", scheduling);
        Checks.notNegative("--spread", spread);
    }
}
