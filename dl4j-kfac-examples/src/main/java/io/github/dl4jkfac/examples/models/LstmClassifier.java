package io.github.dl4jkfac.examples.models;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/**
 * An LSTM (Hochreiter and Schmidhuber 1997, with forget gates) that reads a sequence and names its class at the end.
 *
 * @param features values per time step
 * @param length time steps
 * @param units cells of the LSTM
 * @param classes how many classes
 * @param defaults settings of optimizers whose own defaults do not suit the task
 */
public record LstmClassifier(
        int features, int length, int units, int classes, Map<Optimizer, OptimizerSettings> defaults)
        implements Architecture {

    private static final int BATCH = 128;

    @Override
    public String name() {
        return "lstm " + units;
    }

    @Override
    public Model network(IUpdater updater, long seed) {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(seed)
                .updater(updater)
                .weightInit(WeightInit.XAVIER)
                .list()
                .layer(new LastTimeStep(new LSTM.Builder()
                        .nOut(units)
                        .activation(Activation.TANH)
                        .forgetGateBiasInit(1)
                        .build()))
                .layer(new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .nOut(classes)
                        .build())
                .setInputType(InputType.recurrent(features, length))
                .build());
        network.init();
        return network;
    }

    @Override
    public int defaultBatch() {
        return BATCH;
    }

    @Override
    public OptimizerSettings defaults(Optimizer optimizer) {
        return defaults.getOrDefault(optimizer, OptimizerSettings.DEFAULTS);
    }
}
