package io.github.dl4jkfac.capture;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.VertexIndices;
import org.deeplearning4j.nn.graph.vertex.impl.FrozenVertex;
import org.deeplearning4j.nn.graph.vertex.impl.LayerVertex;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A ComputationGraph. Its layers are named by their vertices. */
final class GraphView extends NetworkView {

    private final ComputationGraph graph;
    private final boolean[] leadsToSlot;

    GraphView(ComputationGraph graph) {
        super(places(graph), reached(graph));
        this.graph = graph;
        this.leadsToSlot = findVerticesAboveSlots();
    }

    private static Set<Layer> reached(ComputationGraph graph) {
        boolean[] reached = new boolean[graph.getVertices().length];
        Set<Layer> layers = Collections.newSetFromMap(new IdentityHashMap<>());
        int[] order = graph.topologicalSortOrder();
        for (int i = order.length - 1; i >= 0; i--) {
            GraphVertex vertex = graph.getVertices()[order[i]];
            boolean frozen = vertex instanceof FrozenVertex || vertex.getLayer() instanceof FrozenLayer;
            if (frozen || !(vertex.isOutputVertex() || reached[order[i]])) {
                continue;
            }
            if (vertex.hasLayer()) {
                layers.add(vertex.getLayer());
            }
            if (vertex.getInputVertices() != null) {
                for (VertexIndices input : vertex.getInputVertices()) {
                    reached[input.getVertexIndex()] = true;
                }
            }
        }
        return layers;
    }

    private static Map<String, LayerPlace> places(ComputationGraph graph) {
        if (graph.getVertices() == null) {
            throw new IllegalStateException(
                    "The graph has no parameters yet: call graph.init() before KFacListener.attach(graph)");
        }
        Map<String, LayerPlace> places = new LinkedHashMap<>();
        for (int index : graph.topologicalSortOrder()) {
            GraphVertex vertex = graph.getVertices()[index];
            if (vertex.hasLayer()) {
                places.put(vertex.getVertexName(), new Place(vertex));
            }
        }
        return places;
    }

    private record Place(GraphVertex vertex) implements LayerPlace {

        @Override
        public Layer layer() {
            return vertex.getLayer();
        }

        @Override
        public void put(Layer layer) {
            ((LayerVertex) vertex).setLayer(layer);
        }
    }

    /** A vertex is worth visiting if it is a slot or one of its inputs is worth visiting. */
    private boolean[] findVerticesAboveSlots() {
        boolean[] leads = new boolean[graph.getVertices().length];
        for (int index : graph.topologicalSortOrder()) {
            GraphVertex vertex = graph.getVertices()[index];
            boolean slot = vertex.hasLayer() && !slotsOf(vertex.getLayer()).isEmpty();
            leads[index] = slot || anyInputLeads(vertex, leads);
        }
        return leads;
    }

    private static boolean anyInputLeads(GraphVertex vertex, boolean[] leads) {
        if (vertex.getInputVertices() != null) {
            for (VertexIndices input : vertex.getInputVertices()) {
                if (leads[input.getVertexIndex()]) {
                    return true;
                }
            }
        }
        return false;
    }

    @Override
    public List<String> outputsWithoutLoss() {
        return graph.getConfiguration().getNetworkOutputs().stream()
                .filter(name -> !graph.getVertex(name).hasLayer()
                        || !OutputHead.hasLoss(graph.getVertex(name).getLayer()))
                .toList();
    }

    @Override
    org.deeplearning4j.nn.conf.layers.Layer configuration(String name) {
        return graph.getConfiguration().getVertices().get(name)
                        instanceof org.deeplearning4j.nn.conf.graph.LayerVertex vertex
                ? vertex.getLayerConf().getLayer()
                : null;
    }

    @Override
    public List<Trainable> trainables() {
        return Arrays.stream(graph.topologicalSortOrder())
                .mapToObj(index -> (Trainable) graph.getVertices()[index])
                .filter(vertex -> vertex.numParams() > 0)
                .toList();
    }

    @Override
    public OptimizationAlgorithm optimizationAlgorithm() {
        return graph.conf().getOptimizationAlgo();
    }

    @Override
    public BaseMultiLayerUpdater<?> updater() {
        return graph.getUpdater();
    }

    @Override
    public void rebuildUpdater() {
        graph.getUpdater();
        graph.setUpdater(new ComputationGraphUpdater(graph));
    }

    @Override
    public INDArray gradient() {
        return graph.getGradientsViewArray();
    }

    @Override
    int ownBatchSize() {
        return graph.batchSize();
    }

    @Override
    public boolean isMiniBatch() {
        return graph.conf().isMiniBatch();
    }

    @Override
    public int iteration() {
        return graph.getIterationCount();
    }

    @Override
    public int epoch() {
        return graph.getEpochCount();
    }

    @Override
    Layer soleSource(Layer layer) {
        for (GraphVertex vertex : graph.getVertices()) {
            if (vertex.hasLayer() && vertex.getLayer() == layer) {
                VertexIndices[] inputs = vertex.getInputVertices();
                return inputs.length == 1 && preProcessor(vertex) == null
                        ? onlyFor(graph.getVertices()[inputs[0].getVertexIndex()])
                        : null;
            }
        }
        return null;
    }

    /** The layer of a vertex from which one other vertex takes its input, and nobody else; null if it is none. */
    private static Layer onlyFor(GraphVertex source) {
        boolean only = !source.isOutputVertex() && source.getNumOutputConnections() == 1;
        return only && source.hasLayer() ? source.getLayer() : null;
    }

    @Override
    boolean carriesPartOfBatch() {
        for (int index : graph.topologicalSortOrder()) {
            GraphVertex vertex = graph.getVertices()[index];
            boolean passed = anyInputLeads(vertex, leadsToSlot);
            boolean partial = vertex.hasLayer() && partialSlotOf(vertex.getLayer()) != null;
            if (passed && !(partial && preProcessor(vertex) == null) || leadsToSlot[index] && !partial) {
                return false;
            }
        }
        return true;
    }

    private static InputPreProcessor preProcessor(GraphVertex vertex) {
        return vertex instanceof LayerVertex layerVertex ? layerVertex.getLayerPreProcessor() : null;
    }

    @Override
    void backward(SecondPass pass) {
        INDArray[] epsilons = new INDArray[graph.getVertices().length];
        int[] order = graph.topologicalSortOrder();
        for (int i = order.length - 1; i >= 0; i--) {
            if (!leadsToSlot[order[i]]) {
                continue;
            }
            GraphVertex vertex = graph.getVertices()[order[i]];
            boolean further = anyInputLeads(vertex, leadsToSlot);
            INDArray[] passed = vertex.hasLayer()
                    ? throughLayer(vertex, epsilons[order[i]], further, pass)
                    : throughVertex(vertex, epsilons[order[i]], pass.memory());
            epsilons[order[i]] = null;
            if (further) {
                distribute(vertex, passed, epsilons);
            }
        }
    }

    private static INDArray[] throughLayer(GraphVertex vertex, INDArray epsilon, boolean further, SecondPass pass) {
        INDArray passed = pass.through(vertex.getLayer(), epsilon, further);
        return new INDArray[] {further ? pass.through(preProcessor(vertex), passed) : null};
    }

    @SuppressWarnings("try") // javac warns of scopes that no code refers to
    private static INDArray[] throughVertex(GraphVertex vertex, INDArray epsilon, PassMemory memory) {
        try (PassMemory.Scope working = memory.open()) {
            vertex.setEpsilon(epsilon);
            INDArray[] passed = vertex.doBackward(false, memory.manager()).getSecond();
            for (int k = 0; k < passed.length; k++) {
                if (passed[k] != null) {
                    passed[k] = memory.manager().leverageTo(ArrayType.ACTIVATION_GRAD, passed[k]);
                }
            }
            return passed;
        }
    }

    private void distribute(GraphVertex vertex, INDArray[] passed, INDArray[] epsilons) {
        VertexIndices[] inputs = vertex.getInputVertices();
        for (int k = 0; k < inputs.length; k++) {
            int to = inputs[k].getVertexIndex();
            if (leadsToSlot[to]) {
                epsilons[to] = epsilons[to] == null ? passed[k] : epsilons[to].add(passed[k]);
            }
        }
    }
}
