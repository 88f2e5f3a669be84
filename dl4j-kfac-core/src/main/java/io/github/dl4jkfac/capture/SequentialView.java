package io.github.dl4jkfac.capture;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A MultiLayerNetwork. Its layers are named by their index. */
final class SequentialView extends NetworkView {

    private final MultiLayerNetwork network;

    SequentialView(MultiLayerNetwork network) {
        super(places(network), reached(network));
        this.network = network;
    }

    private static Set<Layer> reached(MultiLayerNetwork network) {
        Set<Layer> reached = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = network.getnLayers() - 1; i >= 0 && !(network.getLayer(i) instanceof FrozenLayer); i--) {
            reached.add(network.getLayer(i));
        }
        return reached;
    }

    private static Map<String, LayerPlace> places(MultiLayerNetwork network) {
        if (network.getLayers() == null) {
            throw new IllegalStateException(
                    "The network has no parameters yet: call net.init() before KFacListener.attach(net)");
        }
        Map<String, LayerPlace> places = new LinkedHashMap<>();
        for (int i = 0; i < network.getLayers().length; i++) {
            places.put(Integer.toString(i), new Place(network, i));
        }
        return places;
    }

    private record Place(MultiLayerNetwork network, int index) implements LayerPlace {

        @Override
        public Layer layer() {
            return network.getLayers()[index];
        }

        @Override
        public void put(Layer layer) {
            network.getLayers()[index] = layer;
        }
    }

    @Override
    public List<String> outputsWithoutLoss() {
        int last = network.getnLayers() - 1;
        return OutputHead.hasLoss(network.getLayer(last)) ? List.of() : List.of(Integer.toString(last));
    }

    @Override
    org.deeplearning4j.nn.conf.layers.Layer configuration(String name) {
        return network.getLayerWiseConfigurations()
                .getConf(Integer.parseInt(name))
                .getLayer();
    }

    @Override
    public List<Trainable> trainables() {
        return List.of(network.getLayers());
    }

    @Override
    public OptimizationAlgorithm optimizationAlgorithm() {
        return network.conf().getOptimizationAlgo();
    }

    @Override
    public BaseMultiLayerUpdater<?> updater() {
        return (BaseMultiLayerUpdater<?>) network.getUpdater();
    }

    @Override
    public void rebuildUpdater() {
        network.getUpdater();
        network.setUpdater(new MultiLayerUpdater(network));
    }

    @Override
    public INDArray gradient() {
        return network.getGradientsViewArray();
    }

    @Override
    int ownBatchSize() {
        if (network.getLabels() != null) {
            return network.batchSize();
        }
        if (network.getOutputLayer() instanceof IOutputLayer output && output.needsLabels()) {
            throw OutputHead.withoutLabels(Integer.toString(network.getnLayers() - 1));
        }
        return (int) network.getInput().size(0);
    }

    @Override
    public boolean isMiniBatch() {
        return network.conf().isMiniBatch();
    }

    @Override
    public int iteration() {
        return network.getIterationCount();
    }

    @Override
    public int epoch() {
        return network.getEpochCount();
    }

    @Override
    Layer soleSource(Layer layer) {
        for (int i = 1; i < network.getnLayers(); i++) {
            if (network.getLayer(i) == layer) {
                return preProcessor(i) == null ? network.getLayer(i - 1) : null;
            }
        }
        return null;
    }

    @Override
    boolean carriesPartOfBatch() {
        for (int i = network.getnLayers() - 1; i > lowest(); i--) {
            if (partialSlotOf(network.getLayer(i)) == null || preProcessor(i) != null) {
                return false;
            }
        }
        return partialSlotOf(network.getLayer(lowest())) != null;
    }

    private int lowest() {
        int i = 0;
        while (slotsOf(network.getLayer(i)).isEmpty()) {
            i++;
        }
        return i;
    }

    private InputPreProcessor preProcessor(int i) {
        return network.getLayerWiseConfigurations().getInputPreProcess(i);
    }

    @Override
    void backward(SecondPass pass) {
        int lowest = lowest();
        INDArray epsilon = null;
        for (int i = network.getnLayers() - 1; i >= lowest; i--) {
            epsilon = pass.through(network.getLayer(i), epsilon, i > lowest);
            if (i > lowest) {
                epsilon = pass.through(preProcessor(i), epsilon);
            }
        }
    }
}
