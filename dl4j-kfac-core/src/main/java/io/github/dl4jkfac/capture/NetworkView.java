package io.github.dl4jkfac.capture;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;

/** A live MultiLayerNetwork or ComputationGraph, seen the same way: its layers in parameter order, its updater, its gradient. */
public abstract class NetworkView {

    private final List<NamedLayer> layers = new ArrayList<>();
    private final List<LayerSlot> slots = new ArrayList<>();
    private final List<OutputHead> heads = new ArrayList<>();
    private String unsampledOutput;

    /**
     * A layer of the network.
     *
     * @param name its name in the network
     * @param layer the live layer
     * @param obstacle why it has no Kronecker block; null if it has one
     */
    public record NamedLayer(String name, Layer layer, String obstacle) {

        /** {@return whether DL4J computes no gradient for it} */
        public boolean isFrozen() {
            return layer instanceof FrozenLayer || layer instanceof FrozenLayerWithBackprop;
        }
    }

    /**
     * @param named all layers by name, in the order of their parameters
     * @param reached the layers that DL4J's backward pass gets to: it stops at frozen ones
     */
    NetworkView(Map<String, Layer> named, Set<Layer> reached) {
        named.forEach((name, layer) -> {
            OutputHead head = OutputHead.of(name, layer);
            if (head != null) {
                heads.add(head);
            } else if (layer instanceof IOutputLayer) {
                unsampledOutput = name;
            }
            String obstacle = reached.contains(layer) ? LayerSlot.obstacle(layer) : "below a frozen layer";
            if (obstacle == null) {
                slots.add(LayerSlot.of(name, layer, head));
            }
            layers.add(new NamedLayer(name, layer, obstacle));
        });
    }

    /**
     * Makes a view of a network.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @return the view
     * @throws IllegalArgumentException for a model that is neither a MultiLayerNetwork nor a ComputationGraph
     * @throws IllegalStateException if the network has not been initialised
     */
    public static NetworkView of(Model model) {
        if (model instanceof MultiLayerNetwork network) {
            return new SequentialView(network);
        }
        if (model instanceof ComputationGraph graph) {
            return new GraphView(graph);
        }
        throw new IllegalArgumentException("KFac trains a MultiLayerNetwork or a ComputationGraph, got "
                + (model == null ? "null" : model.getClass().getName()));
    }

    /**
     * Looks up DL4J's updater of a network without creating it.
     *
     * @param model the network
     * @return the updater; null if there is none yet, or the model is neither a MultiLayerNetwork nor a ComputationGraph
     */
    public static BaseMultiLayerUpdater<?> existingUpdater(Model model) {
        if (model instanceof MultiLayerNetwork network) {
            return (BaseMultiLayerUpdater<?>) network.getUpdater(false);
        }
        return model instanceof ComputationGraph graph ? graph.getUpdater(false) : null;
    }

    /** {@return all layers, in the order of their parameters} */
    public final List<NamedLayer> layers() {
        return layers;
    }

    /** {@return the layers that have a Kronecker block} */
    public final List<LayerSlot> slots() {
        return slots;
    }

    final List<OutputHead> heads() {
        return heads;
    }

    final LayerSlot slotOf(Layer layer) {
        return slots.stream().filter(slot -> slot.layer() == layer).findFirst().orElse(null);
    }

    final OutputHead headOf(Layer layer) {
        return heads.stream().filter(head -> head.layer() == layer).findFirst().orElse(null);
    }

    /**
     * Checks that targets can be drawn for all outputs, or that rows can be scaled by their outputs' derivatives.
     *
     * @param source where the derivatives are to come from
     * @throws IllegalArgumentException naming the output, its loss and the alternatives
     */
    public final void requireSource(DerivativeSource source) {
        if (source != DerivativeSource.TRUE_LABELS && unsampledOutput != null) {
            throw new IllegalArgumentException(
                    "KFac: this curvature needs outputs of type OutputLayer or LossLayer, but output '"
                            + unsampledOutput + "' is another one. Use Curvature.EMPIRICAL_FISHER.");
        }
        if (source == DerivativeSource.MODEL_TARGETS) {
            heads.forEach(OutputHead::distribution);
        }
    }

    /** {@return the optimisation algorithm of the network's configuration} */
    public abstract OptimizationAlgorithm optimizationAlgorithm();

    /** {@return DL4J's updater, created if there is none yet} */
    public abstract BaseMultiLayerUpdater<?> updater();

    /** Replaces DL4J's updater by a new one made from the layers' updater configurations, with fresh state. */
    public abstract void rebuildUpdater();

    /** {@return the flat gradient, DL4J's own view: a sum over the batch before the updater has divided it} */
    public abstract INDArray gradient();

    /** {@return N, the number of samples of the batch at hand} */
    public abstract int batchSize();

    /** {@return whether DL4J divides gradients by the batch size} */
    public abstract boolean isMiniBatch();

    /** {@return DL4J's iteration count} */
    public abstract int iteration();

    /** {@return DL4J's epoch count} */
    public abstract int epoch();

    /** Whether the second pass goes through slots only, so that it can run on a part of the batch. */
    abstract boolean passesSlotsOnly();

    /**
     * The second backward pass, over the stored forward pass, with targets drawn from the model. Leaves the gradient alone.
     *
     * @return derivatives at the pre-activations of every slot
     */
    abstract Map<LayerSlot, INDArray> sampledBackward(Random random);
}
