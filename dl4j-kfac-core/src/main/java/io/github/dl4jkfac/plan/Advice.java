package io.github.dl4jkfac.plan;

import io.github.dl4jkfac.capture.NamedLayer;
import io.github.dl4jkfac.capture.NetworkView;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.nd4j.linalg.learning.config.IUpdater;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warnings about configurations that train, but hardly as they were meant to. Given when a listener is attached. */
final class Advice {

    private static final Logger LOG = LoggerFactory.getLogger(NetworkPlan.LISTENER_LOGGER);

    private final Updaters updaters;
    private final NetworkView network;

    private Advice(Updaters updaters, NetworkView network) {
        this.updaters = updaters;
        this.network = network;
    }

    static void log(Updaters updaters, NetworkView network) {
        Advice advice = new Advice(updaters, network);
        advice.warnOfUpdatersLeftBehind();
        advice.warnOfClipping();
    }

    /** DL4J's fineTuneConfiguration(updater) does not reach layers inside of wrappers, nor SameDiff layers: these keep what they had. */
    private void warnOfUpdatersLeftBehind() {
        Map<String, IUpdater> outOfReach = new LinkedHashMap<>();
        List<IUpdater> reached = new ArrayList<>();
        for (NamedLayer named : network.layers()) {
            IUpdater updater = updater(named);
            if (updater != null && network.isPlain(named.name())) {
                reached.add(updater);
            } else if (updater != null) {
                outOfReach.put(named.name(), updater);
            }
        }
        Map<String, String> leftBehind = new LinkedHashMap<>();
        outOfReach.forEach((name, updater) -> {
            if (!reached.isEmpty() && !reached.contains(updater)) {
                leftBehind.put(name, updater.getClass().getSimpleName());
            }
        });
        if (!leftBehind.isEmpty()) {
            String others = reached.stream()
                    .map(updater -> updater.getClass().getSimpleName())
                    .distinct()
                    .collect(Collectors.joining(", "));
            LOG.warn(
                    "Layers {} have updaters that no other layer has, or other settings of them: the others have {}. Deeplearning4j's "
                            + "fineTuneConfiguration(updater) does not reach layers inside of wrappers such as Bidirectional. If all "
                            + "layers are to have the same, call KFacListener.swapUpdater(net, updater).",
                    leftBehind,
                    others);
        }
    }

    /** The updater of a layer's first parameter that has one with a learning rate; null if there is none, or the layer is frozen. */
    private IUpdater updater(NamedLayer named) {
        if (named.isFrozen()) {
            return null;
        }
        return named.layer().paramTable(false).keySet().stream()
                .map(parameter -> named.layer().getConfig().getUpdaterByParam(parameter))
                .filter(IUpdater::hasLearningRate)
                .map(updater -> updaters.isOurs(updater) ? updaters.withLayout(updater, null) : updater)
                .findFirst()
                .orElse(null);
    }

    /** Whatever DL4J does to the gradient it does before the updater sees it. */
    private void warnOfClipping() {
        Map<GradientNormalization, List<String>> kinds = new EnumMap<>(GradientNormalization.class);
        for (NamedLayer named : network.layers()) {
            GradientNormalization kind = named.layer().getConfig() == null
                    ? null
                    : named.layer().getConfig().getGradientNormalization();
            if (usesCurvature(named) && kind != null && kind != GradientNormalization.None) {
                kinds.computeIfAbsent(kind, unknown -> new ArrayList<>()).add(named.name());
            }
        }
        kinds.forEach((kind, layers) -> LOG.warn(
                "gradientNormalization({}) of layers {} changes the gradient before it is preconditioned: {}. Leave it out; klClip "
                        + "or ExactFisher's line search bound the step itself.",
                kind,
                layers,
                effect(kind)));
    }

    private boolean usesCurvature(NamedLayer named) {
        return !named.isFrozen()
                && named.layer().paramTable(false).keySet().stream()
                        .map(parameter -> named.layer().getConfig().getUpdaterByParam(parameter))
                        .anyMatch(updaters::usesCurvature);
    }

    private static String effect(GradientNormalization kind) {
        return switch (kind) {
            case ClipElementWiseAbsoluteValue ->
                "each entry by itself, so the step no longer points along the natural gradient, and "
                        + "training may become several times worse";
            case RenormalizeL2PerLayer, RenormalizeL2PerParamType ->
                "to the length 1, so steps do not shrink as the gradient does";
            default -> "layers or parameters whose gradient is long fall behind the others";
        };
    }
}
