package io.github.dl4jkfac.examples.models;

import java.util.Collection;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** What DL4J's two kinds of networks can both do, but under no common type. */
public final class Models {

    private Models() {}

    /**
     * Takes one step.
     *
     * @param network the network to train
     * @param batch the batch
     */
    public static void fit(Model network, DataSet batch) {
        ((NeuralNetwork) network).fit(batch);
    }

    /**
     * @param network a network with one input and one output; not modified
     * @param input its input; not modified
     * @return its output, as for prediction
     */
    public static INDArray output(Model network, INDArray input) {
        return network instanceof ComputationGraph graph
                ? graph.outputSingle(input)
                : ((MultiLayerNetwork) network).output(input);
    }

    /**
     * @param network a network; not modified
     * @return a new one of the same configuration and parameters that computes in float64; the network itself if it does
     */
    public static Model inDoublePrecision(Model network) {
        return network instanceof ComputationGraph graph
                ? graph.convertDataType(DataType.DOUBLE)
                : ((MultiLayerNetwork) network).convertDataType(DataType.DOUBLE);
    }

    public static Collection<TrainingListener> listeners(Model network) {
        return network instanceof ComputationGraph graph
                ? graph.getListeners()
                : ((MultiLayerNetwork) network).getListeners();
    }
}
