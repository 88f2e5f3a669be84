package io.github.dl4jkfac.checkpoint;

import java.io.IOException;
import java.util.Collection;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What DL4J's two kinds of networks can both do, but under no common type. */
abstract class Network {

    /**
     * @throws IllegalArgumentException for any other model, and one without parameters
     * @throws IllegalStateException for one that has not been initialised
     */
    static Network of(Model model) {
        if (!(model instanceof MultiLayerNetwork) && !(model instanceof ComputationGraph)) {
            throw new IllegalArgumentException("Checkpoints are of a MultiLayerNetwork or a ComputationGraph, got "
                    + (model == null ? "null" : model.getClass().getName()));
        }
        boolean initialised = model instanceof MultiLayerNetwork network
                ? network.isInitCalled()
                : ((ComputationGraph) model).getLayers() != null;
        if (!initialised) {
            throw new IllegalStateException("The network has not been initialised: call init() first");
        }
        if (model.params() == null) {
            throw new IllegalArgumentException("The network has no parameters");
        }
        return model instanceof MultiLayerNetwork network
                ? new Sequential(network)
                : new Graph((ComputationGraph) model);
    }

    /**
     * @param json a configuration
     * @param parameters [1,P]; become the network's own
     */
    static Network restore(String json, INDArray parameters) throws IOException {
        if (NeuralNetConfiguration.mapper().readTree(json).has("vertices")) {
            ComputationGraph graph = new ComputationGraph(ComputationGraphConfiguration.fromJson(json));
            graph.init(parameters, false);
            return new Graph(graph);
        }
        MultiLayerNetwork network = new MultiLayerNetwork(MultiLayerConfiguration.fromJson(json));
        network.init(parameters, false);
        return new Sequential(network);
    }

    abstract Model model();

    abstract Collection<TrainingListener> listeners();

    abstract int iteration();

    abstract int epoch();

    abstract void count(int iteration, int epoch);

    abstract String json();

    /** DL4J's updater, made if there is none. */
    abstract BaseMultiLayerUpdater<?> updater();

    /** The updater's state, a view; null if it has none. */
    final INDArray state() {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray state = updater().getStateViewArray();
            return state == null || state.isEmpty() ? null : state;
        }
    }

    /** The configuration in JSON, with other counts than the network's. */
    final String json(int iteration, int epoch) {
        int ownIteration = iteration();
        int ownEpoch = epoch();
        try {
            count(iteration, epoch);
            return json();
        } finally {
            count(ownIteration, ownEpoch);
        }
    }

    private static final class Sequential extends Network {

        private final MultiLayerNetwork network;

        Sequential(MultiLayerNetwork network) {
            this.network = network;
        }

        @Override
        Model model() {
            return network;
        }

        @Override
        Collection<TrainingListener> listeners() {
            return network.getListeners();
        }

        @Override
        int iteration() {
            return network.getLayerWiseConfigurations().getIterationCount();
        }

        @Override
        int epoch() {
            return network.getLayerWiseConfigurations().getEpochCount();
        }

        @Override
        void count(int iteration, int epoch) {
            network.getLayerWiseConfigurations().setIterationCount(iteration);
            network.getLayerWiseConfigurations().setEpochCount(epoch);
        }

        @Override
        String json() {
            return network.getLayerWiseConfigurations().toJson();
        }

        @Override
        BaseMultiLayerUpdater<?> updater() {
            return (BaseMultiLayerUpdater<?>) network.getUpdater();
        }
    }

    private static final class Graph extends Network {

        private final ComputationGraph graph;

        Graph(ComputationGraph graph) {
            this.graph = graph;
        }

        @Override
        Model model() {
            return graph;
        }

        @Override
        Collection<TrainingListener> listeners() {
            return graph.getListeners();
        }

        @Override
        int iteration() {
            return graph.getConfiguration().getIterationCount();
        }

        @Override
        int epoch() {
            return graph.getConfiguration().getEpochCount();
        }

        @Override
        void count(int iteration, int epoch) {
            graph.getConfiguration().setIterationCount(iteration);
            graph.getConfiguration().setEpochCount(epoch);
        }

        @Override
        String json() {
            return graph.getConfiguration().toJson();
        }

        @Override
        BaseMultiLayerUpdater<?> updater() {
            return graph.getUpdater();
        }
    }
}
