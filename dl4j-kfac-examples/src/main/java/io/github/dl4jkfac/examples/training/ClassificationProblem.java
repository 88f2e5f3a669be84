package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.data.Augmentation;
import io.github.dl4jkfac.examples.data.Encoding;
import io.github.dl4jkfac.examples.data.LabelledBatches;
import io.github.dl4jkfac.examples.data.LabelledData;
import io.github.dl4jkfac.examples.data.LabelledSplit;
import io.github.dl4jkfac.examples.data.PrefetchedBatches;
import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.models.Architecture;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.learning.config.IUpdater;

/** A network with softmax outputs on examples with classes; its error is the share of wrong answers. */
public final class ClassificationProblem implements Problem {

    private final Architecture architecture;
    private final LabelledSplit data;
    private final Encoding encoding;
    private final Augmentation augmentation;
    private final LabelledData trainSample;
    private final LabelledData testSample;

    /**
     * @param architecture the network
     * @param data the data
     * @param encoding how the data enter the network
     * @param augmentation changes each training image on its way, or null
     * @param evaluationSize examples of each part that an evaluation looks at, at most
     */
    public ClassificationProblem(
            Architecture architecture,
            LabelledSplit data,
            Encoding encoding,
            Augmentation augmentation,
            int evaluationSize) {
        this.architecture = architecture;
        this.data = data;
        this.encoding = encoding;
        this.augmentation = augmentation;
        this.trainSample = data.train().first(evaluationSize);
        this.testSample = data.test().first(evaluationSize);
    }

    @Override
    public String signature() {
        return architecture.name() + " on " + data.train().count() + " " + data.name() + " examples"
                + (augmentation == null ? "" : ", augmented");
    }

    @Override
    public Model network(IUpdater updater, long seed) {
        return architecture.network(updater, seed);
    }

    @Override
    public int trainCount() {
        return data.train().count();
    }

    @Override
    public int defaultBatch() {
        return architecture.defaultBatch();
    }

    @Override
    public OptimizerSettings defaults(Optimizer optimizer) {
        return architecture.defaults(optimizer);
    }

    @Override
    public TrainingBatches batches(int batch, long seed) {
        return new PrefetchedBatches(new LabelledBatches(data.train(), encoding, augmentation, batch, seed));
    }

    @Override
    public Scores evaluate(Model network) {
        ClassificationScore train = ClassificationScore.of(network, trainSample, encoding);
        ClassificationScore test = ClassificationScore.of(network, testSample, encoding);
        return new Scores(train.crossEntropy(), train.error(), test.crossEntropy(), test.error());
    }

    @Override
    public boolean classifies() {
        return true;
    }
}
