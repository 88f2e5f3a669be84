package io.github.dl4jkfac.examples.report;

import io.github.dl4jkfac.examples.data.MnistSource;
import io.github.dl4jkfac.examples.models.Models;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.training.AutoencoderProblem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Test images beside what each autoencoder makes of them. */
public final class Reconstructions implements Pictures {

    private static final int SHOWN_IMAGES = 10;

    private final INDArray shown;
    private final Map<String, INDArray> images = new LinkedHashMap<>();

    /** @param problem where the test images come from */
    public Reconstructions(AutoencoderProblem problem) {
        shown = problem.testImages(SHOWN_IMAGES);
        images.put("test images", shown);
    }

    @Override
    public void trained(Optimizer optimizer, Model network) {
        images.put(optimizer.id(), Models.output(network, shown));
    }

    @Override
    public void write(Path folder) throws IOException {
        ReconstructionPlot.write(folder.resolve("reconstructions.png"), MnistSource.SIDE, images);
    }
}
