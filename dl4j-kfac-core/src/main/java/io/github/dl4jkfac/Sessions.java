package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.step.NaturalGradientWorker;
import io.github.dl4jkfac.step.NetworkStep;
import io.github.dl4jkfac.step.PartMatrix;
import io.github.dl4jkfac.step.StepPart;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the session of a network, or makes it: whenever DL4J has replaced its updater, the new one gets a new session. */
final class Sessions {

    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private Sessions() {}

    /**
     * The session of a network. Writes layouts and builds DL4J's updater anew where that is needed.
     *
     * @return null if no layer has a curvature block
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

    /** Whether any parameter of the network has a K-FAC configuration, with or without a curvature block. */
    static boolean usesKFac(NetworkView network) {
        return network.layers().stream().anyMatch(Layouts::usesKFac);
    }

    private static Session bind(Model model) {
        NetworkView network = NetworkView.of(model);
        requireTrainable(network, null);
        Layouts layouts = Layouts.of(network);
        if (layouts.write() && NetworkView.existingUpdater(model) != null) {
            network.rebuildUpdater();
        }
        SymmetricSolver solver = Solvers.forBackend();
        List<BoundBlock> blocks = new ArrayList<>();
        List<StepPart> parts = new ArrayList<>();
        for (UpdaterBlock updaterBlock : network.updater().getUpdaterBlocks()) {
            if (updaterBlock.getGradientUpdater() instanceof NaturalGradientWorker worker) {
                List<BoundBlock> own = boundBlocks(updaterBlock, worker, layouts, solver);
                blocks.addAll(own);
                parts.add(part(updaterBlock, worker, own, solver));
            }
        }
        if (blocks.isEmpty()) {
            return null;
        }
        KFac config = (KFac) blocks.get(0).worker().getConfig();
        DerivativeSource source = usable(config.curvature(), network);
        NetworkStep step = new NetworkStep(parts);
        Session session = new Session(model, network, blocks, step, source);
        parts.forEach(part -> part.worker().bind(step, session));
        return session;
    }

    /** Where a curvature cannot be estimated for some output, the empirical Fisher takes its place: it exists for every loss. */
    private static DerivativeSource usable(Curvature curvature, NetworkView network) {
        String obstacle = network.obstacleTo(curvature.source());
        if (obstacle == null) {
            return curvature.source();
        }
        LOG.warn("K-FAC uses Curvature.EMPIRICAL_FISHER instead of {}: {}.", curvature, obstacle);
        return DerivativeSource.TRUE_LABELS;
    }

    /**
     * Checks all that can be wrong, before anything is changed.
     *
     * @param swapped the updater that all layers are about to get; null if they keep theirs
     * @throws IllegalArgumentException if K-FAC cannot train the network
     */
    static void requireTrainable(NetworkView network, KFac swapped) {
        requireGradientDescent(network);
        Layouts layouts = Layouts.of(network, swapped);
        Map<String, KFac> configs = new LinkedHashMap<>();
        layouts.blocks().forEach(plan -> configs.put(plan.name(), plan.config()));
        if (!configs.isEmpty()) {
            requireOneNetworkWideSetting(configs);
        }
        Layouts.requireIndexable(layouts.stateSizes());
    }

    private static void requireGradientDescent(NetworkView network) {
        OptimizationAlgorithm algorithm = network.optimizationAlgorithm();
        if (algorithm != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
            throw new IllegalArgumentException("KFac needs optimizationAlgo(STOCHASTIC_GRADIENT_DESCENT), got "
                    + algorithm + ", which evaluates several gradients in one step");
        }
    }

    private static List<BoundBlock> boundBlocks(
            UpdaterBlock updaterBlock, NaturalGradientWorker worker, Layouts layouts, SymmetricSolver solver) {
        String name = worker.layout().layer();
        List<BlockPlan> plans = layouts.blocksNamed(name);
        if (plans.size() != worker.state().blocks().size()) {
            throw new IllegalStateException("KFac: the network has no layer '" + name + "' with "
                    + worker.state().blocks().size() + " blocks");
        }
        List<BoundBlock> blocks = new ArrayList<>();
        for (int i = 0; i < plans.size(); i++) {
            BlockPlan plan = plans.get(i);
            BlockState state = worker.state().blocks().get(i);
            BlockContext context = new BlockContext(
                    plan.name(),
                    plan.group().shape(),
                    state,
                    worker.hyperparameters().statisticsDecay(),
                    solver);
            CurvatureBlock block = plan.type().create(context);
            blocks.add(new BoundBlock(plan, block, state, worker, updaterBlock.getLayersAndVariablesInBlock()));
        }
        return blocks;
    }

    private static StepPart part(
            UpdaterBlock updaterBlock, NaturalGradientWorker worker, List<BoundBlock> blocks, SymmetricSolver solver) {
        List<ParamState> parameters = updaterBlock.getLayersAndVariablesInBlock();
        List<PartMatrix> matrices = new ArrayList<>();
        for (BoundBlock block : blocks) {
            matrices.add(new PartMatrix(
                    block.block(),
                    block.state(),
                    block.plan().group().segments(),
                    offsets(parameters, block.plan().slot()),
                    solver));
        }
        return new StepPart(
                worker,
                matrices,
                updaterBlock.getGradientView(),
                (rate, iteration, epoch) -> BoundBlock.regularise(parameters, rate, iteration, epoch));
    }

    /**
     * Where a slot's parameter arrays begin in the worker's flat gradient. What the updater says of depthwise and separable
     * convolutions is wrong: it takes their weights to come first, but they lie behind the bias. So the arrays are asked themselves.
     */
    private static Map<String, Long> offsets(List<ParamState> parameters, LayerSlot slot) {
        long start = parameters.get(0).getParamView().offset();
        Map<String, Long> offsets = new HashMap<>();
        for (ParamState parameter : parameters) {
            if (parameter.getParamName().startsWith(slot.prefix())) {
                String own = parameter.getParamName().substring(slot.prefix().length());
                offsets.put(own, slot.layer().getParam(own).offset() - start);
            }
        }
        return offsets;
    }

    /** Learning rate, momentum and damping may differ from layer to layer; what governs the step as a whole may not. */
    private static void requireOneNetworkWideSetting(Map<String, KFac> blocks) {
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
    }
}
