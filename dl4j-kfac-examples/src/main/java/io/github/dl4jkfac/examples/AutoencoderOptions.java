package io.github.dl4jkfac.examples;

import io.github.dl4jkfac.examples.data.DataSets;
import io.github.dl4jkfac.examples.data.ImageSplit;
import io.github.dl4jkfac.examples.data.MnistSource;
import io.github.dl4jkfac.examples.failures.UserError;
import io.github.dl4jkfac.examples.training.AutoencoderProblem;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** Options on the autoencoder. */
final class AutoencoderOptions {

    private static final int EVALUATION_IMAGES = 10_000;
    private static final int MOST_UNITS = 10_000;

    @Option(
            names = "--layers",
            hidden = true,
            split = "-",
            defaultValue = "784-1000-500-250-30-250-500-1000-784",
            description = "Layer sizes.")
    List<Integer> layers;

    /**
     * @param data the options on the data
     * @param notice receives a line on what was chosen
     * @return the autoencoder on the chosen data
     */
    AutoencoderProblem problem(DataOptions data, Consumer<String> notice) {
        data.check();
        checkLayers();
        ImageSplit images = DataSets.load(data.dataset, data.place, notice).first(data.trainSize, data.testSize);
        DataOptions.tell(
                notice, images.name(), images.train().count(), images.test().count(), "images");
        return new AutoencoderProblem(images, layers, data.evaluationSize(EVALUATION_IMAGES));
    }

    private void checkLayers() {
        int pixels = MnistSource.SIDE * MnistSource.SIDE;
        int last = layers.size() - 1;
        if (last < 2
                || layers.get(0) != pixels
                || layers.get(last) != pixels
                || layers.stream().anyMatch(n -> n < 1 || n > MOST_UNITS)) {
            throw new UserError("--layers must be " + pixels + "-...-" + pixels + " with sizes from 1 to " + MOST_UNITS
                    + ". Got: " + layers);
        }
    }
}
