package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.plan.Updaters;
import io.github.dl4jkfac.step.BoundWorker;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * DL4J's updater of a live network against the updaters that its layers are configured with. DL4J makes the one from the others once,
 * and never looks at them again: not when a layer is frozen or replaced, nor when this library writes a layout.
 */
final class RunningUpdater {

    private RunningUpdater() {}

    /**
     * Whether DL4J would make another updater of the network today.
     *
     * @param updaters knows our own among the configurations
     * @param updater null if there is none yet
     * @param network with the layouts written
     * @return false if there is none
     */
    static boolean isOutdated(Updaters updaters, BaseMultiLayerUpdater<?> updater, NetworkView network) {
        if (updater == null) {
            return false;
        }
        List<IUpdater> running = running(updater);
        List<IUpdater> configured = configured(network);
        if (running.size() != configured.size()) {
            return true;
        }
        for (int i = 0; i < running.size(); i++) {
            if (!areAlike(updaters, running.get(i), configured.get(i))) {
                return true;
            }
        }
        return false;
    }

    /** Whether some layer's state has been converted to a type that is too small for it, and back. */
    static boolean isCoarsened(BaseMultiLayerUpdater<?> updater) {
        return updater != null
                && updater.getUpdaterBlocks().stream()
                        .anyMatch(block ->
                                block.getGradientUpdater() instanceof BoundWorker worker && worker.isStateCoarsened());
    }

    /** The configuration behind the worker of every parameter array. */
    private static List<IUpdater> running(BaseMultiLayerUpdater<?> updater) {
        List<IUpdater> all = new ArrayList<>();
        for (UpdaterBlock block : updater.getUpdaterBlocks()) {
            block.getLayersAndVariablesInBlock()
                    .forEach(parameter -> all.add(block.getGradientUpdater().getConfig()));
        }
        return all;
    }

    private static List<IUpdater> configured(NetworkView network) {
        List<IUpdater> all = new ArrayList<>();
        for (Trainable layer : network.trainables()) {
            layer.paramTable(false)
                    .keySet()
                    .forEach(parameter -> all.add(layer.getConfig().getUpdaterByParam(parameter)));
        }
        return all;
    }

    /** Whether they keep the same state. Numbers, such as the learning rate, may differ: those can be set on a live network. */
    private static boolean areAlike(Updaters updaters, IUpdater one, IUpdater other) {
        return one.getClass() == other.getClass()
                && (!updaters.isOurs(one) || Objects.equals(updaters.layoutOf(one), updaters.layoutOf(other)));
    }
}
