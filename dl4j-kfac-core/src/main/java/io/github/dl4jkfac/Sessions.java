package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.step.BoundWorker;
import io.github.dl4jkfac.step.NetworkStep;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the session of a network, or makes it: whenever DL4J has replaced its updater, the new one gets a new session. */
final class Sessions {

    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private Sessions() {}

    /**
     * The session of a network. Writes layouts and builds DL4J's updater anew where that is needed.
     *
     * @return null if there is nothing to do: no layer has a curvature block, or an updater that needs none
     */
    static Session of(Model model) {
        Session bound = find(model);
        if (bound != null) {
            return bound;
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return bind(model, false);
        }
    }

    /** As {@link #of}, but looks whether configurations have been changed since DL4J has made its updater from them. */
    static void renew(Model model) {
        BaseMultiLayerUpdater<?> updater = NetworkView.existingUpdater(model);
        boolean stale = find(model) != null
                && (updater.getUpdaterBlocks().stream().anyMatch(Sessions::isStale)
                        || RunningUpdater.isOutdated(updater, NetworkView.of(model)));
        if (!stale) {
            of(model);
            return;
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            bind(model, true);
        }
    }

    private static boolean isStale(UpdaterBlock block) {
        UpdaterBlock.ParamState first = block.getLayersAndVariablesInBlock().get(0);
        IUpdater configured = first.getLayer().getConfig().getUpdaterByParam(first.getParamName());
        boolean same = block.getGradientUpdater() instanceof BoundWorker worker
                        && configured instanceof NaturalGradientUpdater own
                ? worker.getConfig().equals(own) && worker.hyperparameters().equals(own.hyperparameters())
                : block.getGradientUpdater().getConfig().equals(configured);
        return !same;
    }

    /** The session that DL4J's present updater is bound to, or null. */
    static Session find(Model model) {
        BaseMultiLayerUpdater<?> updater = NetworkView.existingUpdater(model);
        if (updater == null) {
            return null;
        }
        for (UpdaterBlock block : updater.getUpdaterBlocks()) {
            if (block.getGradientUpdater() instanceof BoundWorker worker
                    && worker.owner() instanceof Session session
                    && session.serves(model)) {
                return session;
            }
        }
        return null;
    }

    /** Whether any parameter of the network has a K-FAC configuration, with or without a curvature block. */
    static boolean usesKFac(NetworkView network) {
        return network.layers().stream().anyMatch(NetworkPlan::usesKFac);
    }

    /** @param anew whether DL4J's updater has to be built anew in any case */
    private static Session bind(Model model, boolean anew) {
        NetworkView network = NetworkView.of(model);
        requireTrainable(network, null);
        NetworkPlan networkPlan = NetworkPlan.of(network);
        networkPlan.write();
        BaseMultiLayerUpdater<?> present = NetworkView.existingUpdater(model);
        if (anew || RunningUpdater.isOutdated(present, network) || RunningUpdater.isCoarsened(present)) {
            CarriedState.rebuild(network, present);
        }
        network.clearFrozenGradients();
        new StepRequirements(network.updater().getUpdaterBlocks()).requireOwnStates();
        Binding binding =
                Binding.of(network.updater().getUpdaterBlocks(), model.params(), networkPlan, Solvers.forBackend());
        NaturalGradientUpdater leader = binding.leader();
        if (leader == null) {
            return null;
        }
        NetworkStep step = binding.step();
        warnOf(leader.caveat(network), leader);
        TrialStep trial = TrialStep.of(leader, model, network, binding.groups(), step);
        step.judgeBy(trial);
        Session session = new Session(model, network, binding.groups(), step, leader, usable(network, leader), trial);
        binding.bind(step, session);
        return session;
    }

    private static void warnOf(String caveat, NaturalGradientUpdater updater) {
        if (caveat != null) {
            LOG.warn("{}: {}.", updater.name(), caveat);
        }
    }

    /** Where a curvature cannot be estimated for some output, the empirical Fisher takes its place: it exists for every loss. */
    private static DerivativeSource usable(NetworkView network, NaturalGradientUpdater updater) {
        DerivativeSource source = updater.needsOutputNorms() ? DerivativeSource.SCALED_TRUE_LABELS : updater.source();
        String obstacle = network.obstacleTo(source);
        if (obstacle == null) {
            return updater.source();
        }
        LOG.warn(
                "{} uses Curvature.EMPIRICAL_FISHER instead of {}: {}.",
                updater.name(),
                Curvature.of(source),
                obstacle);
        return DerivativeSource.TRUE_LABELS;
    }

    /**
     * Checks all that can be wrong, before anything is changed.
     *
     * @param swapped the updater that all layers are about to get; null if they keep theirs
     * @throws IllegalArgumentException if K-FAC cannot train the network
     */
    static void requireTrainable(NetworkView network, NaturalGradientUpdater swapped) {
        requireGradientDescent(network);
        requirePrecision(network);
        requireLosses(network);
        if (swapped == null) {
            network.layers().forEach(Sessions::requireSound);
        } else {
            swapped.requireSound();
        }
        NetworkPlan networkPlan = NetworkPlan.of(network, swapped);
        Map<String, NaturalGradientUpdater> configs = new LinkedHashMap<>();
        networkPlan.blocks().forEach(plan -> configs.put(plan.name(), plan.config()));
        if (!configs.isEmpty()) {
            requireOneNetworkWideSetting(configs);
        }
        NetworkPlan.requireIndexable(networkPlan.stateSizes());
    }

    private static void requireSound(NetworkView.NamedLayer named) {
        for (String parameter : named.layer().paramTable(false).keySet()) {
            if (named.layer().getConfig().getUpdaterByParam(parameter) instanceof NaturalGradientUpdater updater) {
                try {
                    updater.requireSound();
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(
                            "Layer '" + named.name() + "': " + updater.name() + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private static void requireGradientDescent(NetworkView network) {
        OptimizationAlgorithm algorithm = network.optimizationAlgorithm();
        if (algorithm != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
            throw new IllegalArgumentException(
                    "Natural-gradient updaters need optimizationAlgo(STOCHASTIC_GRADIENT_DESCENT), got " + algorithm
                            + ", which evaluates several gradients in one step");
        }
    }

    private static void requirePrecision(NetworkView network) {
        DataType type = network.parameterType();
        if (type != null && type != DataType.FLOAT && type != DataType.DOUBLE) {
            throw new IllegalArgumentException(
                    "Natural-gradient updaters need parameters of type FLOAT or DOUBLE, got " + type
                            + ", which is too coarse for the inverses of curvature matrices. Configure the network with dataType(DataType.FLOAT),"
                            + " or attach to net.convertDataType(DataType.FLOAT)");
        }
    }

    /** A network whose layers are trained one by one, as autoencoders, may go without a loss. */
    private static void requireLosses(NetworkView network) {
        List<String> outputs = network.outputsWithoutLoss();
        if (outputs.isEmpty()) {
            return;
        }
        String text = "The network cannot be trained by fit(): output '" + String.join("', '", outputs)
                + "' has no loss. End it with an OutputLayer, a LossLayer or another layer that has a loss function";
        if (!network.canPretrain()) {
            throw new IllegalArgumentException(text);
        }
        LOG.warn("{}. Layer-wise pretraining works without.", text);
    }

    /** Learning rate, momentum and damping may differ from layer to layer; what governs the step as a whole may not. */
    private static void requireOneNetworkWideSetting(Map<String, NaturalGradientUpdater> blocks) {
        Map.Entry<String, NaturalGradientUpdater> first =
                blocks.entrySet().iterator().next();
        blocks.forEach((layer, config) -> {
            boolean same = first.getValue().getClass() == config.getClass()
                    && first.getValue().networkWide().equals(config.networkWide());
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
