package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.NamedLayer;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.plan.NetworkPlan;
import io.github.dl4jkfac.plan.Updaters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.IUpdater;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a network can be trained by updaters of this library, before anything of it is changed. */
public final class AttachChecks {

    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private final Updaters updaters;

    /**
     * Makes the checks.
     *
     * @param updaters knows our own among a network's updaters
     */
    public AttachChecks(Updaters updaters) {
        this.updaters = updaters;
    }

    /**
     * Checks all that can be wrong with network and options, before anything is changed.
     *
     * @param network the network
     * @param swapped the updater that all layers are about to get; null if they keep theirs
     * @return the plan of what the network is, or will be; not written yet
     * @throws IllegalArgumentException if K-FAC cannot train the network
     */
    public NetworkPlan requireTrainable(NetworkView network, IUpdater swapped) {
        requireGradientDescent(network);
        requirePrecision(network);
        requireLosses(network);
        if (swapped == null) {
            network.layers().forEach(this::requireSound);
        } else {
            updaters.requireSound(swapped);
        }
        NetworkPlan networkPlan = NetworkPlan.of(updaters, network, swapped);
        Map<String, Method> methods = new LinkedHashMap<>();
        networkPlan.blocks().forEach(plan -> methods.put(plan.name(), plan.method()));
        if (!methods.isEmpty()) {
            requireOneNetworkWideSetting(methods);
        }
        NetworkPlan.requireIndexable(networkPlan.stateSizes());
        return networkPlan;
    }

    private void requireSound(NamedLayer named) {
        for (String parameter : named.layer().paramTable(false).keySet()) {
            IUpdater updater = named.layer().getConfig().getUpdaterByParam(parameter);
            if (updaters.isOurs(updater)) {
                try {
                    updaters.requireSound(updater);
                } catch (IllegalArgumentException e) {
                    String name = updaters.methodOf(updater).name();
                    throw new IllegalArgumentException(
                            "Layer '" + named.name() + "': " + name + ": " + e.getMessage(), e);
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
    private static void requireOneNetworkWideSetting(Map<String, Method> blocks) {
        Map.Entry<String, Method> first = blocks.entrySet().iterator().next();
        blocks.forEach((layer, method) -> {
            if (!first.getValue().agreesWith(method)) {
                throw new IllegalArgumentException(disagreement(first.getKey(), first.getValue(), layer, method));
            }
        });
    }

    private static String disagreement(String layer, Method method, String otherLayer, Method other) {
        if (!method.name().equals(other.name())) {
            return "Layer '" + layer + "' has the updater " + method.name() + " and layer '" + otherLayer + "' "
                    + other.name() + ", but one updater with curvature blocks has to serve all layers of a network."
                    + " Give all layers the same; those that are to have another one can have Adam, for example.";
        }
        return method.name() + ": layers '" + layer + "' and '" + otherLayer
                + "' differ in an option that holds for the whole network (curvature, klClip, statisticsInterval,"
                + " inverseInterval, backgroundRefresh, statisticsFraction, seed): " + method + " and " + other
                + ". Give all layers the same; only learning rate, momentum, damping and decay may differ.";
    }
}
