package io.github.dl4jkfac.capture.layers;

import static io.github.dl4jkfac.testing.TestNetworks.disturb;
import static io.github.dl4jkfac.testing.TestNetworks.settings;

import io.github.dl4jkfac.capture.ReplayingActivation;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * A chain of layers and a batch for it. Its output replays the true derivatives in the second pass, or in several.
 *
 * @param name what is special about it
 * @param graph whether the chain is a ComputationGraph, with vertices named as a MultiLayerNetwork's layers
 * @param inputType what the first layer gets; null if the layers tell their sizes themselves
 * @param layers the chain, output included
 * @param batch features, labels and masks
 * @param uncovered parameters without a curvature block, such as 0_W
 */
public record LayerCase(
        String name, boolean graph, InputType inputType, Layer[] layers, MultiDataSet batch, Set<String> uncovered) {

    /** The chain as a MultiLayerNetwork and as a ComputationGraph. */
    public static Stream<LayerCase> of(String name, InputType inputType, MultiDataSet batch, Layer... layers) {
        return Stream.of(false, true).map(graph -> new LayerCase(name, graph, inputType, layers, batch, Set.of()));
    }

    public LayerCase withUncovered(String... parameters) {
        return new LayerCase(name, graph, inputType, layers, batch, Set.of(parameters));
    }

    /** A batch with masks, any of which may be null. */
    public static MultiDataSet batch(INDArray features, INDArray labels, INDArray featureMask, INDArray labelMask) {
        return new MultiDataSet(
                new INDArray[] {features},
                new INDArray[] {labels},
                featureMask == null ? null : new INDArray[] {featureMask},
                labelMask == null ? null : new INDArray[] {labelMask});
    }

    /** The features' and the labels' mask, as text. */
    public String masks() {
        return text(batch.getFeaturesMaskArrays()) + text(batch.getLabelsMaskArrays());
    }

    private static String text(INDArray[] masks) {
        return masks == null ? "none" : Arrays.toString(masks);
    }

    public Model model() {
        return model(new Sgd(0.1));
    }

    /** A fresh network; no parameter is zero. */
    public Model model(IUpdater updater) {
        return model(updater, 1);
    }

    /** A fresh network whose output replays the true derivatives in as many passes after the first. */
    public Model model(IUpdater updater, int passes) {
        Model model = graph ? graph(updater, passes) : sequence(updater, passes);
        model.init();
        disturb(model);
        return model;
    }

    private MultiLayerNetwork sequence(IUpdater updater, int passes) {
        ListBuilder list = settings(updater).list();
        for (Layer layer : layers) {
            list.layer(copy(layer, passes));
        }
        if (inputType != null) {
            list.setInputType(inputType);
        }
        return new MultiLayerNetwork(list.build());
    }

    private ComputationGraph graph(IUpdater updater, int passes) {
        GraphBuilder builder = settings(updater).graphBuilder().addInputs("in");
        for (int i = 0; i < layers.length; i++) {
            builder.addLayer(Integer.toString(i), copy(layers[i], passes), i == 0 ? "in" : Integer.toString(i - 1));
        }
        builder.setOutputs(Integer.toString(layers.length - 1));
        if (inputType != null) {
            builder.setInputTypes(inputType);
        }
        return new ComputationGraph(builder.build());
    }

    private static Layer copy(Layer layer, int passes) {
        Layer copy = layer.clone();
        if (copy instanceof BaseLayer base && base.getActivationFn() instanceof ReplayingActivation replaying) {
            base.setActivationFn(replaying.fresh(passes));
        }
        return copy;
    }

    @Override
    public String toString() {
        return name + (graph ? " in a graph" : "");
    }
}
