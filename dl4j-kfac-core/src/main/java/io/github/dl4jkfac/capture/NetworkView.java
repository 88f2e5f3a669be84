package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.capture.layers.ParameterType;
import io.github.dl4jkfac.capture.layers.Samples;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A live MultiLayerNetwork or ComputationGraph, seen the same way: its layers in parameter order, its updater, its gradient. */
public abstract class NetworkView {

    private final Map<String, LayerPlace> places;
    private final List<NamedLayer> layers = new ArrayList<>();
    private final List<LayerSlot> slots = new ArrayList<>();
    private final List<OutputHead> heads = new ArrayList<>();
    private String unsampledOutput;
    private int samplesOfParts;

    /**
     * @param places all layers by name, in the order of their parameters
     * @param reached the layers that DL4J's backward pass gets to: it stops at frozen ones
     */
    NetworkView(Map<String, LayerPlace> places, Set<Layer> reached) {
        this.places = places;
        places.forEach((name, place) -> {
            Layer layer = place.layer();
            OutputHead head = OutputHead.of(name, layer);
            if (head != null) {
                heads.add(head);
            } else if (OutputHead.unfrozen(layer) instanceof IOutputLayer) {
                unsampledOutput = name + "' (" + layer.getClass().getSimpleName() + ")";
            }
            boolean isReached = reached.contains(layer);
            List<LayerSlot> own =
                    isReached && !NamedLayer.isFrozen(layer) ? SlotFinder.of(name, place, head) : List.of();
            slots.addAll(own);
            layers.add(new NamedLayer(name, layer, own, own.isEmpty() ? obstacle(layer, isReached) : null, isReached));
        });
    }

    private static String obstacle(Layer layer, boolean reached) {
        if (NamedLayer.isFrozen(layer)) {
            return "frozen";
        }
        return reached ? "no curvature block for " + layer.getClass().getSimpleName() : "below a frozen layer";
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

    /**
     * Tells whether the network still has the layers that this view has seen. They change where a live layer is frozen, or replaced.
     *
     * @return whether they are the same objects, those behind a tap among them
     */
    public final boolean isCurrent() {
        return layers.stream()
                .allMatch(named -> named.layer()
                        == EpsilonTap.unwrap(places.get(named.name()).layer()));
    }

    /**
     * Zeroes the gradients of frozen layers. DL4J computes none, but subtracts what its gradient view holds: of a layer that has been
     * frozen while it was trained, the last step.
     */
    public final void clearFrozenGradients() {
        for (NamedLayer named : layers) {
            INDArray gradient = named.isFrozen()
                    ? ((BaseWrapperLayer) named.layer()).getUnderlying().getGradientsViewArray()
                    : null;
            if (gradient != null) {
                gradient.assign(0);
            }
        }
    }

    /**
     * Tells whether DL4J's fine-tuning reaches a layer's configuration.
     *
     * @param name of the layer
     * @return false for wrappers and for layers, such as SameDiff's, that are configured otherwise than by DL4J's usual means
     */
    public final boolean isPlain(String name) {
        return configuration(name) instanceof org.deeplearning4j.nn.conf.layers.BaseLayer;
    }

    /**
     * Looks up a layer's configuration.
     *
     * @param name of the layer
     * @return as the user wrote it, a wrapper where there is one; null if a graph has another kind of vertex in this place
     */
    abstract org.deeplearning4j.nn.conf.layers.Layer configuration(String name);

    /** {@return all that has parameters, in the order of the parameters: layers, and vertices of a graph} */
    public abstract List<Trainable> trainables();

    /** {@return all layers, in the order of their parameters} */
    public final List<NamedLayer> layers() {
        return layers;
    }

    /** {@return all layers, or parts of layers, that have curvature blocks} */
    public final List<LayerSlot> slots() {
        return slots;
    }

    /** {@return the dense layers that follow each other directly, in lists of at least two, from the lowest to the highest} */
    public final List<List<LayerSlot>> denseChains() {
        return DenseChains.of(this);
    }

    /** {@return the outputs whose losses act on rows of pre-activations} */
    public final List<OutputHead> heads() {
        return heads;
    }

    /** Whether the loss of every output is seen. */
    final boolean hasHeadsOnly() {
        return unsampledOutput == null;
    }

    final List<LayerSlot> slotsOf(Layer layer) {
        return layers.stream()
                .filter(named -> named.layer() == layer)
                .findFirst()
                .map(NamedLayer::slots)
                .orElse(List.of());
    }

    /** The layer's slot if it can carry a part of the batch through a second pass; null if there is none. */
    final LayerSlot partialSlotOf(Layer layer) {
        return slotsOf(layer).stream()
                .filter(LayerSlot::carriesPartOfBatch)
                .findFirst()
                .orElse(null);
    }

    /** The output of which this is the layer, perhaps behind a frozen one; null for a hidden layer. */
    final OutputHead headOf(Layer layer) {
        Layer own = OutputHead.unfrozen(layer);
        return heads.stream().filter(head -> head.layer() == own).findFirst().orElse(null);
    }

    /**
     * Looks for what keeps derivatives from being taken from the losses' distributions, or from being scaled by their outputs'
     * derivatives.
     *
     * @param source where the derivatives are to come from
     * @return what it is, naming the output; null if nothing does
     */
    public final String obstacleTo(DerivativeSource source) {
        if (source == DerivativeSource.TRUE_LABELS) {
            return null;
        }
        if (unsampledOutput != null) {
            return "output '" + unsampledOutput + " has no loss that acts on rows of pre-activations";
        }
        return !source.needsSecondPass()
                ? null
                : heads.stream()
                        .map(OutputHead::obstacle)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null);
    }

    /** {@return the type of the parameters; null if there are none} */
    public final DataType parameterType() {
        return layers.stream()
                .map(NamedLayer::layer)
                .filter(layer -> layer.numParams() > 0)
                .map(ParameterType::of)
                .findFirst()
                .orElse(null);
    }

    /** {@return the names of the outputs that are no output layers: nothing can be back-propagated from them} */
    public abstract List<String> outputsWithoutLoss();

    /** {@return whether layer-wise pretraining has something to train: such a network needs no loss} */
    public final boolean canPretrain() {
        return layers.stream().anyMatch(named -> named.layer().isPretrainLayer());
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
    public final int batchSize() {
        return samplesOfParts > 0 ? samplesOfParts : ownBatchSize();
    }

    abstract int ownBatchSize();

    /**
     * Announces a batch that copies of the network have gone through in parts, or that it is over.
     *
     * @param samples how many it has; 0 when it is over
     */
    public final void announceParts(int samples) {
        samplesOfParts = samples;
    }

    /** {@return whether DL4J divides gradients by the batch size} */
    public abstract boolean isMiniBatch();

    /** {@return the factor that turns what DL4J minimises, and so its gradient and L2 term, into a mean over the batch} */
    public final double toMeans() {
        return isMiniBatch() ? 1.0 : 1.0 / batchSize();
    }

    /** {@return DL4J's iteration count} */
    public abstract int iteration();

    /** {@return DL4J's epoch count} */
    public abstract int epoch();

    /** The layer whose output, as it is, is the only input of another one and goes nowhere else; null if there is none. */
    abstract Layer soleSource(Layer layer);

    /** Whether all that a second pass goes through can carry a part of the batch, so that the pass need not be made of all of it. */
    abstract boolean carriesPartOfBatch();

    /** {@return whether derivatives of one sample's loss reach other samples, as they do through batch normalisation in training} */
    public final boolean couplesSamples() {
        return layers.stream().anyMatch(named -> named.layer() instanceof BatchNormalization);
    }

    /** Prepares all slots for a second pass and runs it. Can be called several times. */
    final void secondPass(OutputSignal signal) {
        slots.forEach(LayerSlot::secondPass);
        backward(new SecondPass(this, signal));
    }

    /** For each slot that derivatives have reached the rows of each of its groups. */
    final Map<LayerSlot, List<BatchRows>> rows(Samples samples) {
        Map<LayerSlot, List<BatchRows>> rows = new IdentityHashMap<>();
        slots.stream().filter(LayerSlot::isComplete).forEach(slot -> rows.put(slot, slot.rows(samples)));
        return rows;
    }

    /** Leads a pass through the layers, from the outputs down to the lowest slot. */
    abstract void backward(SecondPass pass);
}
