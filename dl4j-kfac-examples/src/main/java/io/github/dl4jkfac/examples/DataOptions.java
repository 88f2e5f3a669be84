package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.data.DataSets;
import io.github.dl4jkfac.examples.data.ImageSplit;
import io.github.dl4jkfac.examples.data.MnistSource;
import io.github.dl4jkfac.examples.training.AutoencoderProblem;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** Options on the data and on the network that is trained on them. */
final class DataOptions {

    @Option(names = "--data", paramLabel = "DIR", description = "Folder with the MNIST IDX files, gzipped or not.")
    Path folder;

    @Option(
            names = "--dataset",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "auto, mnist or curves. auto takes MNIST from --data, KFAC_DATA_DIR, DL4J's cache or the "
                    + "network, else the built-in CURVES images. Default: ${DEFAULT-VALUE}.")
    DataSets.Choice dataset;

    @Option(
            names = "--layers",
            hidden = true,
            split = "-",
            defaultValue = "784-1000-500-250-30-250-500-1000-784",
            description = "Layer sizes.")
    List<Integer> layers;

    @Option(
            names = "--train-size",
            hidden = true,
            defaultValue = "2147483647",
            description = "Training images to use at most.")
    int trainSize;

    @Option(
            names = "--test-size",
            hidden = true,
            defaultValue = "2147483647",
            description = "Test images to use at most.")
    int testSize;

    /**
     * @param notice receives a line on what was chosen
     * @return the autoencoder on the chosen data
     */
    AutoencoderProblem problem(Consumer<String> notice) {
        Checks.atLeastOne("--train-size", trainSize);
        Checks.atLeastOne("--test-size", testSize);
        checkLayers();
        ImageSplit images = DataSets.load(dataset, folder, notice).first(trainSize, testSize);
        notice.accept("data: " + images.name() + ", " + images.train().count() + " training and "
                + images.test().count() + " test images");
        return new AutoencoderProblem(images, layers);
    }

    private void checkLayers() {
        int pixels = MnistSource.SIDE * MnistSource.SIDE;
        int last = layers.size() - 1;
        if (last < 2
                || layers.get(0) != pixels
                || layers.get(last) != pixels
                || layers.stream().anyMatch(n -> n < 1)) {
            throw new UserError(
                    "--layers must be " + pixels + "-...-" + pixels + " with positive sizes. Got: " + layers);
        }
    }
}
