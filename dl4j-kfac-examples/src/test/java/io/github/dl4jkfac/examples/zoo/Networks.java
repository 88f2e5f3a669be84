package io.github.dl4jkfac.examples.zoo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** What MultiLayerNetwork and ComputationGraph both can do, but under no common type. */
final class Networks {

    /** Parameters of a BatchNormalization that follow the batches, whatever the updater does. */
    private static final Set<String> RUNNING_STATISTICS = Set.of(
            BatchNormalizationParamInitializer.GLOBAL_MEAN,
            BatchNormalizationParamInitializer.GLOBAL_VAR,
            BatchNormalizationParamInitializer.GLOBAL_LOG_STD);

    private Networks() {}

    static void fit(Model model, DataSet batch) {
        if (model instanceof MultiLayerNetwork network) {
            network.fit(batch);
        } else {
            ((ComputationGraph) model).fit(batch);
        }
    }

    /** The input, and every layer's activations in inference mode, as copies outside of ND4J. */
    static Map<String, float[]> activations(Model model, INDArray input) {
        Map<String, float[]> activations = new LinkedHashMap<>();
        if (model instanceof MultiLayerNetwork network) {
            List<INDArray> all = network.feedForward(input, false);
            for (int i = 0; i < all.size(); i++) {
                activations.put(i == 0 ? "input" : Integer.toString(i - 1), copy(all.get(i)));
            }
        } else {
            ((ComputationGraph) model)
                    .feedForward(input, false)
                    .forEach((vertex, activation) -> activations.put(vertex, copy(activation)));
        }
        return activations;
    }

    /** What each layer trains, layers that train nothing left out, as copies outside of ND4J; named as K-FAC names the layer. */
    static Map<String, List<float[]>> trained(Model model) {
        Map<String, List<float[]>> parameters = new LinkedHashMap<>();
        if (model instanceof MultiLayerNetwork network) {
            for (int i = 0; i < network.getnLayers(); i++) {
                parameters.put(Integer.toString(i), trained(network.getLayer(i)));
            }
        } else {
            for (Layer layer : ((ComputationGraph) model).getLayers()) {
                parameters.put(layer.conf().getLayer().getLayerName(), trained(layer));
            }
        }
        parameters.values().removeIf(List::isEmpty);
        return parameters;
    }

    private static List<float[]> trained(Layer layer) {
        List<float[]> trained = new ArrayList<>();
        layer.paramTable(false).forEach((name, parameter) -> {
            if (!RUNNING_STATISTICS.contains(name)) {
                trained.add(copy(parameter));
            }
        });
        return trained;
    }

    static float[] copy(INDArray array) {
        return array.dup('c').data().asFloat();
    }
}
