package io.github.dl4jkfac.session;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;

/**
 * A network that takes the steps for copies of it: what DL4J's two kinds of networks say alike, but have no common type for.
 *
 * @param model a MultiLayerNetwork or ComputationGraph
 */
public record Leader(Model model) {

    /**
     * Checks that a network can lead copies.
     *
     * @param trainer who asks, for messages
     * @param model any model, or null
     * @return the leader
     * @throws IllegalArgumentException if it is of another kind, or learns by truncated back-propagation
     */
    public static Leader of(String trainer, Model model) {
        if (!(model instanceof MultiLayerNetwork || model instanceof ComputationGraph)) {
            throw new IllegalArgumentException(trainer + " trains a MultiLayerNetwork or a ComputationGraph, got "
                    + (model == null ? "null" : model.getClass().getName()));
        }
        BackpropType backprop = model instanceof ComputationGraph graph
                ? graph.getConfiguration().getBackpropType()
                : ((MultiLayerNetwork) model).getLayerWiseConfigurations().getBackpropType();
        if (backprop == BackpropType.TruncatedBPTT) {
            throw new IllegalArgumentException(
                    trainer + " cannot train by truncated back-propagation through time, which"
                            + " takes several steps with each batch. Cut the sequences into shorter ones, and use BackpropType.Standard");
        }
        return new Leader(model);
    }

    /** {@return DL4J's count of steps} */
    public int iteration() {
        return model instanceof ComputationGraph graph
                ? graph.getIterationCount()
                : ((MultiLayerNetwork) model).getIterationCount();
    }

    /** {@return DL4J's count of epochs} */
    public int epoch() {
        return model instanceof ComputationGraph graph
                ? graph.getEpochCount()
                : ((MultiLayerNetwork) model).getEpochCount();
    }

    /** {@return whether the network has ever had an input: some of DL4J's listeners ask for it, and fail if there is none} */
    public boolean hasInput() {
        return model instanceof ComputationGraph graph
                ? graph.getInputs() != null && graph.getInput(0) != null
                : ((MultiLayerNetwork) model).getInput() != null;
    }

    /** {@return the listeners, a copy of the list} */
    public List<TrainingListener> listeners() {
        return List.copyOf(
                model instanceof ComputationGraph graph
                        ? graph.getListeners()
                        : ((MultiLayerNetwork) model).getListeners());
    }

    /** What stands before a parameter's name and an underscore where DL4J names the parts of a gradient. */
    String nameOf(Trainable trainable) {
        if (!(model instanceof MultiLayerNetwork network)) {
            return ((GraphVertex) trainable).getVertexName();
        }
        // the updater may still know a layer that another one stands in for
        return IntStream.range(0, network.getLayers().length)
                .filter(i -> network.getLayer(i).getConfig() == trainable.getConfig())
                .mapToObj(Integer::toString)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("The updater knows a layer that is not the network's"));
    }

    void setScore(double score) {
        if (model instanceof ComputationGraph graph) {
            graph.setScore(score);
        } else {
            ((MultiLayerNetwork) model).setScore(score);
        }
    }

    void setGradient(Gradient gradient) {
        if (model instanceof ComputationGraph graph) {
            graph.setGradient(gradient);
        } else {
            ((MultiLayerNetwork) model).setGradient(gradient);
        }
    }

    /** The terms of L1 and L2 in DL4J's score. */
    double regularization() {
        return model instanceof ComputationGraph graph
                ? graph.calcRegularizationScore(true)
                : ((MultiLayerNetwork) model).calcRegularizationScore(true);
    }

    void tell(Consumer<TrainingListener> event) {
        listeners().forEach(event);
    }

    /** Tells the listeners that an epoch begins. */
    public void beginEpoch() {
        tell(listener -> listener.onEpochStart(model));
    }

    /** Tells the listeners that an epoch is over, and counts it, as DL4J does. */
    public void endEpoch() {
        tell(listener -> listener.onEpochEnd(model));
        if (model instanceof ComputationGraph graph) {
            graph.incrementEpochCount();
        } else {
            ((MultiLayerNetwork) model).incrementEpochCount();
        }
    }
}
