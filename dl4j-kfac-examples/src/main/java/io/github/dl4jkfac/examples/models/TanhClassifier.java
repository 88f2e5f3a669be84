package io.github.dl4jkfac.examples.models;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import java.util.List;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/**
 * Dense layers of tanh units with softmax outputs: with sizes 256-20-20-20-20-20-10 the network whose Fisher matrix Martens
 * and Grosse (2015, fig. 2) draw.
 */
public final class TanhClassifier implements Architecture {

    private static final int BATCH = 128;

    private final List<Integer> layers;

    /** @param layers sizes from input to output, at least two */
    public TanhClassifier(List<Integer> layers) {
        this.layers = List.copyOf(layers);
    }

    @Override
    public String name() {
        return layers.stream().map(String::valueOf).collect(Collectors.joining("-"));
    }

    @Override
    public Model network(IUpdater updater, long seed) {
        OutputLayer.Builder output =
                new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT).activation(Activation.SOFTMAX);
        return TanhNetwork.create(layers, TanhNetwork.NO_LINEAR_LAYER, output, updater, seed);
    }

    @Override
    public int defaultBatch() {
        return BATCH;
    }

    @Override
    public OptimizerSettings defaults(Optimizer optimizer) {
        return OptimizerSettings.DEFAULTS;
    }
}
