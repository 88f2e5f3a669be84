package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.data.BatchSource;
import io.github.dl4jkfac.examples.data.ImageData;
import io.github.dl4jkfac.examples.data.ImageSplit;
import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.models.TanhNetwork;
import java.util.List;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/**
 * The deep autoencoder of Hinton and Salakhutdinov (2006) in the form in which optimizers are compared on it (Martens
 * and Grosse 2015): tanh units, a linear code in the middle, sigmoid outputs, cross-entropy summed over the pixels.
 */
public final class AutoencoderProblem implements Problem {

    private static final int BATCH = 1000;

    private final ImageSplit images;
    private final List<Integer> layers;
    private final ImageData trainSample;
    private final ImageData testSample;

    /**
     * @param images the data
     * @param layers sizes from input to output; an odd number of them, first and last the number of pixels
     * @param evaluationSize images of each part that an evaluation looks at, at most
     */
    public AutoencoderProblem(ImageSplit images, List<Integer> layers, int evaluationSize) {
        this.images = images;
        this.layers = List.copyOf(layers);
        this.trainSample = images.train().first(evaluationSize);
        this.testSample = images.test().first(evaluationSize);
    }

    @Override
    public String signature() {
        return "autoencoder " + layers.stream().map(String::valueOf).collect(Collectors.joining("-")) + " on "
                + images.train().count() + " " + images.name() + " images";
    }

    @Override
    public Model network(IUpdater updater, long seed) {
        OutputLayer.Builder output =
                new OutputLayer.Builder(LossFunctions.LossFunction.XENT).activation(Activation.SIGMOID);
        return TanhNetwork.create(layers, layers.size() / 2, output, updater, seed);
    }

    @Override
    public TrainingBatches batches(int batch, long seed) {
        return new BatchSource(images.train(), batch, seed);
    }

    @Override
    public Scores evaluate(Model network) {
        ReconstructionScore train = ReconstructionScore.of(network, trainSample);
        ReconstructionScore test = ReconstructionScore.of(network, testSample);
        return new Scores(train.crossEntropy(), train.squaredError(), test.crossEntropy(), test.squaredError());
    }

    @Override
    public int trainCount() {
        return images.train().count();
    }

    @Override
    public int defaultBatch() {
        return BATCH;
    }

    /**
     * @param count how many
     * @return the first test images, [count, pixels]
     */
    public INDArray testImages(int count) {
        return testSample.rows(0, Math.min(count, testSample.count()));
    }
}
