package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.diagnostics.StepReport;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Connects {@link KFac} and the other updaters of this library to a live network. Keeps no state of its own, so one instance may serve several networks (as it does under
 * ParallelWrapper), and binds itself again whenever DL4J has replaced the network's updater.
 */
public final class KFacListener extends BaseTrainingListener {

    private KFacListener() {}

    /**
     * Connects the K-FAC updaters of a network. Call it after {@code init()}, after restoring a model from a file, after transfer
     * learning, and again after {@code setListeners}, which removes all listeners; calling it more often changes nothing. The
     * network computes what it computed before. Listeners that are there stay.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @return the listener, for {@link #report}
     * @throws IllegalStateException if the network has not been initialised, or one of its listeners calls this during a step
     * @throws IllegalArgumentException if the network is of another kind, uses another optimisation algorithm than SGD, has K-FAC
     *     options that contradict each other, or needs more updater state than DL4J can index
     */
    public static KFacListener attach(Model model) {
        if (!Sessions.usesKFac(NetworkView.of(model))) {
            throw new IllegalArgumentException(
                    "No layer of the network has KFac or another updater of this library. Configure it with .updater(new KFac()), "
                            + "or call KFacListener.swapUpdater(net, new KFac())");
        }
        Collection<TrainingListener> listeners = listeners(model);
        requireBetweenSteps(model, listeners);
        Session session = Sessions.of(model);
        for (TrainingListener listener : listeners) {
            if (listener instanceof KFacListener attached) {
                return attached;
            }
        }
        KFacListener listener = new KFacListener();
        model.addListeners(listener);
        BlockTable.log(NetworkView.of(model), session);
        Chains.warnIfMissing(NetworkView.of(model));
        Advice.log(NetworkView.of(model));
        return listener;
    }

    /** DL4J goes through the list of listeners while one of them is called. */
    private static void requireBetweenSteps(Model model, Collection<TrainingListener> listeners) {
        boolean calledByListener = !listeners.isEmpty() && NetworkView.existingUpdater(model) != null && Fitting.isOnTheStack();
        if (calledByListener && listeners.stream().noneMatch(KFacListener.class::isInstance)) {
            throw new IllegalStateException("KFacListener.attach was called by a listener, while the network takes a step. "
                    + "Call it before fit(), or between two calls of fit().");
        }
    }

    /**
     * Gives every layer of a network, trained or not, an updater of this library in place of its own (biases included), and attaches. The
     * parameters stay; the state of the old updater is dropped. If the network has this very updater already nothing changes.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @param updater the configuration; each layer gets a copy
     * @return the listener
     * @throws IllegalArgumentException as {@link #attach}
     */
    public static KFacListener swapUpdater(Model model, NaturalGradientUpdater updater) {
        NetworkView network = NetworkView.of(model);
        requireBetweenSteps(model, listeners(model));
        Sessions.requireTrainable(network, updater);
        boolean changed = false;
        for (NetworkView.NamedLayer named : network.layers()) {
            changed |= swap(named, updater);
        }
        if (changed && NetworkView.existingUpdater(model) != null) {
            Layouts.of(network).write();
            network.rebuildUpdater();
        }
        return attach(model);
    }

    private static boolean swap(NetworkView.NamedLayer named, NaturalGradientUpdater updater) {
        boolean[] changed = {false};
        UpdaterConfigs.replace(
                named.layer().conf().getLayer(),
                old -> {
                    if (old instanceof NaturalGradientUpdater own && own.hasSettingsOf(updater)) {
                        return old;
                    }
                    changed[0] = true;
                    return updater.clone();
                },
                old -> {
                    changed[0] = true;
                    return null;
                });
        return changed[0];
    }

    /**
     * Reports what happened up to the last step of a network.
     *
     * @param model the network
     * @return the report; null if K-FAC has not been bound to the network
     */
    public StepReport report(Model model) {
        Session session = Sessions.find(model);
        return session == null ? null : session.report();
    }

    @Override
    public void onForwardPass(Model model, List<INDArray> activations) {
        beforeBackward(model);
    }

    @Override
    public void onForwardPass(Model model, Map<String, INDArray> activations) {
        beforeBackward(model);
    }

    private static void beforeBackward(Model model) {
        if (isNetwork(model) && Fitting.isUnderWay()) {
            Session session = Sessions.of(model);
            if (session != null) {
                session.beforeBackward();
            }
        }
    }

    @Override
    public void onBackwardPass(Model model) {
        Session session = isNetwork(model) ? Sessions.find(model) : null;
        if (session != null) {
            session.afterBackward();
        }
    }

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
        Session session = isNetwork(model) ? Sessions.find(model) : null;
        if (session != null) {
            session.afterStep();
        }
    }

    /** Layer-wise pretraining reports single layers as models. */
    private static boolean isNetwork(Model model) {
        return model instanceof MultiLayerNetwork || model instanceof ComputationGraph;
    }

    private static Collection<TrainingListener> listeners(Model model) {
        return model instanceof MultiLayerNetwork network
                ? network.getListeners()
                : ((ComputationGraph) model).getListeners();
    }
}
