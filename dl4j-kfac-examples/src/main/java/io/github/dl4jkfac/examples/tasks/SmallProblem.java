package io.github.dl4jkfac.examples.tasks;

import io.github.dl4jkfac.examples.data.EpochOrder;
import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.models.TanhNetwork;
import io.github.dl4jkfac.examples.training.Problem;
import io.github.dl4jkfac.examples.training.Scores;
import java.util.List;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** A network of tanh layers on a table of numbers; regression, or classification with softmax outputs. */
final class SmallProblem implements Problem {

    private final String name;
    private final List<Integer> layers;
    private final DataSet train;
    private final DataSet test;
    private final boolean classifies;
    private final double unit;

    /**
     * @param name what the data are
     * @param layers sizes from input to output
     * @param train features and labels, one row each
     * @param test likewise
     * @param classifies whether labels are classes, as columns of which one is 1
     * @param unit of the squared errors, such as the labels' variance; losses are divided by it
     */
    SmallProblem(String name, List<Integer> layers, DataSet train, DataSet test, boolean classifies, double unit) {
        this.name = name;
        this.layers = List.copyOf(layers);
        this.train = train;
        this.test = test;
        this.classifies = classifies;
        this.unit = unit;
    }

    @Override
    public String signature() {
        return layers.stream().map(String::valueOf).collect(Collectors.joining("-")) + " on " + trainCount()
                + " examples of " + name;
    }

    @Override
    public Model network(IUpdater updater, long seed) {
        OutputLayer.Builder output = classifies
                ? new OutputLayer.Builder(LossFunction.MCXENT).activation(Activation.SOFTMAX)
                : new OutputLayer.Builder(LossFunction.MSE).activation(Activation.IDENTITY);
        return TanhNetwork.create(layers, layers.size(), output, updater, seed);
    }

    @Override
    public int trainCount() {
        return train.numExamples();
    }

    @Override
    public int defaultBatch() {
        return trainCount();
    }

    @Override
    public TrainingBatches batches(int batch, long seed) {
        if (batch == trainCount()) {
            return step -> train;
        }
        EpochOrder order = new EpochOrder(trainCount(), batch, seed);
        return step -> {
            int[] rows = order.at(step);
            return new DataSet(
                    train.getFeatures().getRows(rows), train.getLabels().getRows(rows));
        };
    }

    @Override
    public Scores evaluate(Model network) {
        MultiLayerNetwork trained = (MultiLayerNetwork) network;
        return new Scores(
                trained.score(train) / unit, error(trained, train), trained.score(test) / unit, error(trained, test));
    }

    /** The share of wrong answers, or the mean squared error again. */
    private double error(MultiLayerNetwork network, DataSet data) {
        INDArray output = network.output(data.getFeatures());
        if (!classifies) {
            double norm = output.sub(data.getLabels()).norm2Number().doubleValue();
            return norm * norm / output.length() / unit;
        }
        long right = 0;
        int[] answers = output.argMax(1).toIntVector();
        int[] classes = data.getLabels().argMax(1).toIntVector();
        for (int i = 0; i < answers.length; i++) {
            right += answers[i] == classes[i] ? 1 : 0;
        }
        return 1 - right / (double) answers.length;
    }

    @Override
    public boolean classifies() {
        return classifies;
    }
}
