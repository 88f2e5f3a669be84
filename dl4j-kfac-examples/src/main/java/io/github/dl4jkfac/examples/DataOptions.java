package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.commandline.Checks;
import io.github.dl4jkfac.examples.data.DataSets;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** Options on the data. */
final class DataOptions {

    @Option(
            names = "--data",
            paramLabel = "PATH",
            description = "Folder with the MNIST IDX files, gzipped or not; folder or zip file with CIFAR-10 in class "
                    + "folders, train/<label>/<image> and test/<label>/<image>.")
    Path place;

    @Option(
            names = "--dataset",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "auto; mnist or curves; cifar10 or shapes. auto takes MNIST or CIFAR-10 from --data, "
                    + "KFAC_DATA_DIR or DL4J's cache, MNIST also from the network, else the built-in CURVES or SHAPES "
                    + "images. Default: ${DEFAULT-VALUE}.")
    DataSets.Choice dataset;

    @Option(
            names = "--train-size",
            hidden = true,
            defaultValue = "2147483647",
            description = "Training examples to use at most.")
    int trainSize;

    @Option(
            names = "--test-size",
            hidden = true,
            defaultValue = "2147483647",
            description = "Test examples to use at most.")
    int testSize;

    @Option(
            names = "--evaluation-size",
            paramLabel = "N",
            description = "Training and test examples that each evaluation looks at. Default: 10000 for the "
                    + "autoencoder, else 2000.")
    private Integer evaluationSize;

    /** Checks the numbers. */
    void check() {
        Checks.atLeastOne("--train-size", trainSize);
        Checks.atLeastOne("--test-size", testSize);
        Checks.atLeastOne("--evaluation-size", evaluationSize);
    }

    int evaluationSize(int standard) {
        return evaluationSize == null ? standard : evaluationSize;
    }

    /** Tells that the wait has a reason, before it begins. */
    static void tellReading(PrintWriter terminal) {
        terminal.println("reading the data ...");
        terminal.flush();
    }

    /** Tells what was loaded. */
    static void tell(Consumer<String> notice, String name, int train, int test, String what) {
        notice.accept("data: " + name + ", " + train + " training and " + test + " test " + what);
    }
}
