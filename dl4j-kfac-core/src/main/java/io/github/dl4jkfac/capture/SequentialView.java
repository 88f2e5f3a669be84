package io.github.dl4jkfac.capture;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;

/** A MultiLayerNetwork. Its layers are named by their index. */
final class SequentialView extends NetworkView {

    private final MultiLayerNetwork network;

    SequentialView(MultiLayerNetwork network) {
        super(named(network), reached(network));
        this.network = network;
    }

    private static Set<Layer> reached(MultiLayerNetwork network) {
        Set<Layer> reached = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = network.getnLayers() - 1; i >= 0 && !(network.getLayer(i) instanceof FrozenLayer); i--) {
            reached.add(network.getLayer(i));
        }
        return reached;
    }

    private static Map<String, Layer> named(MultiLayerNetwork network) {
        if (network.getLayers() == null) {
            throw new IllegalStateException(
                    "The network has no parameters yet: call net.init() before KFacListener.attach(net)");
        }
        Map<String, Layer> named = new LinkedHashMap<>();
        for (int i = 0; i < network.getLayers().length; i++) {
            named.put(Integer.toString(i), network.getLayer(i));
        }
        return named;
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
    public int batchSize() {
        return network.batchSize();
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
    boolean passesSlotsOnly() {
        for (int i = network.getnLayers() - 1; i > lowest(); i--) {
            if (slotOf(network.getLayer(i)) == null || preProcessor(i) != null) {
                return false;
            }
        }
        return true;
    }

    private int lowest() {
        Layer first = slots().get(0).layer();
        int i = 0;
        while (network.getLayer(i) != first) {
            i++;
        }
        return i;
    }

    private InputPreProcessor preProcessor(int i) {
        return network.getLayerWiseConfigurations().getInputPreProcess(i);
    }

    @Override
    Map<LayerSlot, INDArray> sampledBackward(Random random) {
        LayerWorkspaceMgr workspaces = LayerWorkspaceMgr.noWorkspaces();
        Map<LayerSlot, INDArray> derivatives = new IdentityHashMap<>();
        int lowest = lowest();
        INDArray epsilon = null;
        for (int i = network.getnLayers() - 1; i >= lowest; i--) {
            Layer layer = network.getLayer(i);
            LayerSlot slot = slotOf(layer);
            OutputHead head = headOf(layer);
            if (slot != null) {
                INDArray delta = head == null ? slot.throughActivation(epsilon) : head.sampleDerivative(random);
                derivatives.put(slot, delta);
                epsilon = i == lowest ? null : slot.throughWeights(delta);
            } else {
                epsilon =
                        head == null ? PassThrough.backward(layer, epsilon, workspaces) : head.sampleDerivative(random);
            }
            if (i > lowest && preProcessor(i) != null) {
                epsilon = preProcessor(i).backprop(epsilon, batchSize(), workspaces);
            }
        }
        return derivatives;
    }
}
