package io.github.dl4jkfac.examples.quality;

import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Sends derivatives back through dense tanh layers with softmax outputs, keeping those of every sample and layer. */
final class DenseStack {

    private final MultiLayerNetwork network;

    /** @param network the layers; not modified */
    DenseStack(MultiLayerNetwork network) {
        this.network = network;
    }

    int classes() {
        return outputs(network.getnLayers() - 1);
    }

    int inputs(int layer) {
        return (int) weights(layer).size(0);
    }

    int outputs(int layer) {
        return (int) weights(layer).size(1);
    }

    private INDArray weights(int layer) {
        return network.getLayer(layer).getParam(DefaultParamInitializer.WEIGHT_KEY);
    }

    /** @return input of every layer [N, nIn] in the order of the layers, then the outputs */
    List<INDArray> activations(INDArray inputs) {
        return network.feedForward(inputs, false);
    }

    /**
     * @param activations what {@link #activations} returned; not modified
     * @param c a class
     * @return what sqrt(p_c) (e_c - p) at the outputs becomes at the pre-activations of every layer, [N, nOut] each
     */
    List<INDArray> derivatives(List<INDArray> activations, int c) {
        int last = network.getnLayers() - 1;
        INDArray probabilities = activations.get(last + 1);
        INDArray chosen = probabilities.getColumn(c).dup().reshape('c', probabilities.size(0), 1);
        INDArray derivative = probabilities.neg();
        derivative.getColumn(c).addi(1);
        derivative.muliColumnVector(Transforms.sqrt(chosen));
        INDArray[] all = new INDArray[last + 1];
        all[last] = derivative;
        for (int layer = last; layer > 0; layer--) {
            INDArray output = activations.get(layer);
            INDArray slope = output.mul(output).rsubi(1);
            all[layer - 1] = all[layer].mmul(weights(layer).transpose()).muli(slope);
        }
        return List.of(all);
    }
}
