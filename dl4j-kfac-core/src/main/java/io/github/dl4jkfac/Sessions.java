package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.KroneckerBlock;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import io.github.dl4jkfac.step.NetworkStep;
import io.github.dl4jkfac.step.StepPart;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Finds the session of a network, or makes it: whenever DL4J has replaced its updater, the new one gets a new session. */
final class Sessions {

    private Sessions() {}

    /**
     * The session of a network. Writes layouts and builds DL4J's updater anew where that is needed.
     *
     * @return null if no layer has a Kronecker block
     */
    static Session of(Model model) {
        Session bound = find(model);
        if (bound != null) {
            return bound;
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return bind(model);
        }
    }

    /** The session that DL4J's present updater is bound to, or null. */
    static Session find(Model model) {
        BaseMultiLayerUpdater<?> updater = NetworkView.existingUpdater(model);
        if (updater == null) {
            return null;
        }
        for (UpdaterBlock block : updater.getUpdaterBlocks()) {
            if (block.getGradientUpdater() instanceof NaturalGradientWorker worker
                    && worker.owner() instanceof Session session
                    && session.serves(model)) {
                return session;
            }
        }
        return null;
    }

    /** Whether any parameter of the network has a K-FAC configuration, with or without a Kronecker block. */
    static boolean usesKFac(NetworkView network) {
        return network.layers().stream().anyMatch(Layouts::usesKFac);
    }

    private static Session bind(Model model) {
        NetworkView network = NetworkView.of(model);
        requireTrainable(network, null);
        boolean changed = Layouts.write(network);
        if (changed && NetworkView.existingUpdater(model) != null) {
            network.rebuildUpdater();
        }
        SymmetricSolver solver = Solvers.forBackend();
        List<BoundBlock> blocks = boundBlocks(network, solver);
        if (blocks.isEmpty()) {
            return null;
        }
        KFac config = (KFac) blocks.get(0).worker().getConfig();
        DerivativeSource source = config.curvature().source();
        NetworkStep step = new NetworkStep(
                parts(blocks, network, solver), config.hyperparameters().klClip());
        Session session = new Session(model, network, blocks, step, source);
        blocks.forEach(block -> block.worker().bind(step, session));
        return session;
    }

    /**
     * Checks all that can be wrong, before anything is changed.
     *
     * @param swapped the updater that all layers are about to get; null if they keep theirs
     * @throws IllegalArgumentException if K-FAC cannot train the network
     */
    static void requireTrainable(NetworkView network, KFac swapped) {
        requireGradientDescent(network);
        Map<String, KFac> blocks = Layouts.blocks(network, swapped);
        if (!blocks.isEmpty()) {
            KFac config = requireOneNetworkWideSetting(blocks);
            network.requireSource(config.curvature().source());
        }
        Layouts.requireIndexable(Layouts.stateSizes(network, swapped));
    }

    private static void requireGradientDescent(NetworkView network) {
        OptimizationAlgorithm algorithm = network.optimizationAlgorithm();
        if (algorithm != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
            throw new IllegalArgumentException("KFac needs optimizationAlgo(STOCHASTIC_GRADIENT_DESCENT), got "
                    + algorithm + ", which evaluates several gradients in one step");
        }
    }

    private static List<BoundBlock> boundBlocks(NetworkView network, SymmetricSolver solver) {
        List<BoundBlock> blocks = new ArrayList<>();
        for (UpdaterBlock block : network.updater().getUpdaterBlocks()) {
            if (block.getGradientUpdater() instanceof NaturalGradientWorker worker) {
                String name = worker.layout().layer();
                LayerSlot slot = network.slots().stream()
                        .filter(candidate -> candidate.name().equals(name))
                        .findFirst()
                        .orElseThrow(
                                () -> new IllegalStateException("KFac: the network has no dense layer '" + name + "'"));
                CurvatureBlock curvature = new KroneckerBlock(
                        name, worker.state(), worker.hyperparameters().statisticsDecay(), solver);
                blocks.add(new BoundBlock(slot, curvature, worker, block.getLayersAndVariablesInBlock()));
            }
        }
        return blocks;
    }

    private static List<StepPart> parts(List<BoundBlock> blocks, NetworkView network, SymmetricSolver solver) {
        Map<Object, INDArray> gradients = new IdentityHashMap<>();
        network.updater()
                .getUpdaterBlocks()
                .forEach(block -> gradients.put(block.getGradientUpdater(), block.getGradientView()));
        return blocks.stream()
                .map(block -> new StepPart(
                        block.worker(), block.block(), gradients.get(block.worker()), block::regularise, solver))
                .toList();
    }

    /** Learning rate, momentum and damping may differ from layer to layer; what governs the step as a whole may not. */
    private static KFac requireOneNetworkWideSetting(Map<String, KFac> blocks) {
        Map.Entry<String, KFac> first = blocks.entrySet().iterator().next();
        blocks.forEach((layer, config) -> {
            boolean same = first.getValue().curvature() == config.curvature()
                    && first.getValue()
                            .hyperparameters()
                            .networkWide()
                            .equals(config.hyperparameters().networkWide());
            if (!same) {
                throw new IllegalArgumentException("KFac: layers '" + first.getKey() + "' and '" + layer
                        + "' differ in an option that holds for the whole network (curvature, klClip, "
                        + "statisticsInterval, inverseInterval, statisticsFraction, seed): " + first.getValue()
                        + " and "
                        + config
                        + ". Give all layers the same; only learning rate, momentum, damping and decay may differ.");
            }
        });
        return first.getValue();
    }
}
