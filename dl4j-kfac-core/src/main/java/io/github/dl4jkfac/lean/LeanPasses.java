package io.github.dl4jkfac.lean;

import java.util.Arrays;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.impl.LayerVertex;
import org.deeplearning4j.nn.layers.OutputLayer;
import org.deeplearning4j.nn.layers.feedforward.dense.DenseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the passes of a network's dense layers cheaper, whatever its updater. Deeplearning4j computes the pre-activations of a layer once more in the backward pass, takes the
 * derivative of tanh and the sigmoid from them by transcendental functions, computes the output layer's pre-activations a third time for the score, and the gradient with
 * respect to the network's input, which a fit does not use. None of this is needed.
 *
 * <pre>{@code
 * net.init();
 * LeanPasses.attach(net);
 * }</pre>
 *
 * <p>Layers of the classes DenseLayer and OutputLayer are replaced in the live network by others that share their parameters, gradients and configuration. Configuration, JSON
 * and files know nothing of it; a clone, and a network that is read from a file, have Deeplearning4j's layers. Gradients differ from Deeplearning4j's by rounding. What a layer does beyond multiplying,
 * such as layer normalisation, weight noise, masks, or activation functions whose derivative does not follow from their value, is left to Deeplearning4j.
 */
public final class LeanPasses {

    private static final Logger LOG = LoggerFactory.getLogger(LeanPasses.class);

    private LeanPasses() {}

    /**
     * Replaces the layers. Those that have been replaced already stay.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @return how many layers are lean now
     * @throws IllegalArgumentException for another kind of model
     * @throws IllegalStateException if the network has not been initialised
     */
    public static int attach(Model model) {
        int lean = 0;
        if (model instanceof MultiLayerNetwork network) {
            Layer[] layers = initialised(network.getLayers());
            for (int i = 0; i < layers.length; i++) {
                boolean isFirst = i == 0 && network.getLayerWiseConfigurations().getInputPreProcess(0) == null;
                layers[i] = lean(layers[i], isFirst);
                lean += isLean(layers[i]) ? 1 : 0;
            }
        } else if (model instanceof ComputationGraph graph) {
            for (GraphVertex vertex : initialised(graph.getVertices())) {
                if (vertex instanceof LayerVertex place) {
                    place.setLayer(lean(place.getLayer(), isFirst(graph, place)));
                    lean += isLean(place.getLayer()) ? 1 : 0;
                }
            }
        } else {
            throw new IllegalArgumentException("LeanPasses serve a MultiLayerNetwork or a ComputationGraph, got "
                    + (model == null ? "null" : model.getClass().getName()));
        }
        LOG.info("Lean passes through {} layers.", lean);
        return lean;
    }

    /**
     * Puts Deeplearning4j's own layers back.
     *
     * @param model a network
     */
    public static void detach(Model model) {
        if (model instanceof MultiLayerNetwork network) {
            Layer[] layers = initialised(network.getLayers());
            Arrays.setAll(layers, i -> original(layers[i]));
        } else if (model instanceof ComputationGraph graph) {
            for (GraphVertex vertex : initialised(graph.getVertices())) {
                if (vertex instanceof LayerVertex place) {
                    place.setLayer(original(place.getLayer()));
                }
            }
        }
    }

    private static boolean isFirst(ComputationGraph graph, LayerVertex vertex) {
        return vertex.getLayerPreProcessor() == null
                && Arrays.stream(vertex.getInputVertices())
                        .allMatch(input -> graph.getVertices()[input.getVertexIndex()].isInputVertex());
    }

    private static <T> T[] initialised(T[] parts) {
        if (parts == null) {
            throw new IllegalStateException("The network has no parameters yet: call init() before LeanPasses.attach");
        }
        return parts;
    }

    private static boolean isLean(Layer layer) {
        return layer instanceof LeanDense || layer instanceof LeanOutput;
    }

    /** Layers of classes that extend these two may do something else. */
    private static Layer lean(Layer layer, boolean isFirst) {
        if (layer.getClass() == DenseLayer.class) {
            return new LeanDense((DenseLayer) layer, isFirst);
        }
        return layer.getClass() == OutputLayer.class ? new LeanOutput((OutputLayer) layer) : layer;
    }

    private static Layer original(Layer layer) {
        Layer original = layer;
        if (layer instanceof LeanDense dense) {
            original = dense.original();
        } else if (layer instanceof LeanOutput output) {
            original = output.original();
        }
        if (original != layer) {
            Stands.follow(original, layer);
        }
        return original;
    }
}
