package io.github.dl4jkfac.capture.probe;

import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A copy of a network in a type of its own, with parameters and a configuration of its own, no listeners and no updater. Truncated
 * back-propagation is off: its passes go through whole sequences.
 */
public interface NetworkCopy {

    /** {@return the copy itself, a MultiLayerNetwork or ComputationGraph} */
    Model model();

    /**
     * Goes forward in training mode, up to the losses.
     *
     * @param batch features, labels and masks
     * @return DL4J's score
     */
    double forward(MultiDataSet batch);

    /**
     * Goes forward in training mode, and backward into the gradient view, and computes DL4J's score.
     *
     * @param batch features, labels and masks
     */
    void backward(MultiDataSet batch);

    /**
     * Tells the copy what time it is, for schedules inside of layers, such as those of dropout.
     *
     * @param iteration number of the step
     * @param epoch number of the epoch
     */
    void setTime(int iteration, int epoch);

    /**
     * Copies a network. Draws no random numbers.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @param type in which the copy computes
     * @return the copy
     */
    static NetworkCopy of(Model model, DataType type) {
        INDArray own = Doubles.copy(model.params(), type);
        return model instanceof MultiLayerNetwork network
                ? Sequence.of(network.getLayerWiseConfigurations().toJson(), own, type)
                : Graph.of(((ComputationGraph) model).getConfiguration().toJson(), own, type);
    }

    /** Of a MultiLayerNetwork. */
    record Sequence(MultiLayerNetwork model) implements NetworkCopy {

        static Sequence of(String json, INDArray parameters, DataType type) {
            MultiLayerConfiguration conf = MultiLayerConfiguration.fromJson(json);
            conf.setDataType(type);
            conf.setBackpropType(BackpropType.Standard);
            MultiLayerNetwork copy = new MultiLayerNetwork(conf);
            copy.init(parameters, false);
            copy.initGradientsView();
            return new Sequence(copy);
        }

        @Override
        public void setTime(int iteration, int epoch) {
            model.getLayerWiseConfigurations().setIterationCount(iteration);
            model.getLayerWiseConfigurations().setEpochCount(epoch);
        }

        @Override
        public double forward(MultiDataSet batch) {
            return model.score(
                    new DataSet(
                            batch.getFeatures(0),
                            batch.getLabels(0),
                            batch.getFeaturesMaskArray(0),
                            batch.getLabelsMaskArray(0)),
                    true);
        }

        @Override
        public void backward(MultiDataSet batch) {
            model.setLayerMaskArrays(batch.getFeaturesMaskArray(0), batch.getLabelsMaskArray(0));
            model.setInput(batch.getFeatures(0));
            model.setLabels(batch.getLabels(0));
            model.computeGradientAndScore();
            model.clearLayerMaskArrays();
        }
    }

    /** Of a ComputationGraph. */
    record Graph(ComputationGraph model) implements NetworkCopy {

        static Graph of(String json, INDArray parameters, DataType type) {
            ComputationGraphConfiguration conf = ComputationGraphConfiguration.fromJson(json);
            conf.setDataType(type);
            conf.setBackpropType(BackpropType.Standard);
            ComputationGraph copy = new ComputationGraph(conf);
            copy.init(parameters, false);
            copy.initGradientsView();
            return new Graph(copy);
        }

        @Override
        public void setTime(int iteration, int epoch) {
            model.getConfiguration().setIterationCount(iteration);
            model.getConfiguration().setEpochCount(epoch);
        }

        @Override
        public double forward(MultiDataSet batch) {
            return model.score(batch, true);
        }

        @Override
        public void backward(MultiDataSet batch) {
            model.setLayerMaskArrays(batch.getFeaturesMaskArrays(), batch.getLabelsMaskArrays());
            model.setInputs(batch.getFeatures());
            model.setLabels(batch.getLabels());
            model.computeGradientAndScore();
            model.clearLayerMaskArrays();
        }
    }
}
