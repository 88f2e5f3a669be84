package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.NamedLayer;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.UpdaterConfigs;
import io.github.dl4jkfac.diagnostics.StepReport;
import io.github.dl4jkfac.plan.NetworkPlan;
import io.github.dl4jkfac.plan.Updaters;
import io.github.dl4jkfac.session.AttachChecks;
import io.github.dl4jkfac.session.FitDetector;
import io.github.dl4jkfac.session.Session;
import io.github.dl4jkfac.session.Sessions;
import io.github.dl4jkfac.solve.NativeFloor;
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
 * ParallelWrapper), and binds itself again whenever DL4J has replaced the network's updater. Stands before all other listeners, and goes
 * there by itself where it finds itself behind some.
 */
public final class KFacListener extends BaseTrainingListener {

    static final Updaters UPDATERS = new UpdaterAccess();
    static final Sessions SESSIONS = new Sessions(UPDATERS);

    private KFacListener() {}

    /**
     * Connects the K-FAC updaters of a network. Call it after {@code init()}, after restoring a model from a file, after transfer
     * learning, and again after {@code setListeners}, which removes all listeners, or after a change of its layers' configurations, which
     * takes effect then as {@link #swapUpdater} tells; calling it more often changes nothing. The network computes what it computed before.
     * Listeners that are there stay, behind this one: it puts back what a left-out batch has moved before they look at the parameters.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @return the listener, for {@link #report}
     * @throws IllegalStateException if the network has not been initialised, one of its listeners calls this during a step, or its
     *     updater state was made by another updater
     * @throws IllegalArgumentException if the network is of another kind, uses another optimisation algorithm than SGD, has K-FAC
     *     options that contradict each other, or needs more updater state than DL4J can index
     */
    public static KFacListener attach(Model model) {
        requireOurs(NetworkView.of(model));
        requireBetweenSteps(model, Listeners.of(model));
        SESSIONS.renew(model);
        Session session = Sessions.find(model);
        if (session != null) {
            session.endIfBroken();
        }
        for (TrainingListener listener : Listeners.of(model)) {
            if (listener instanceof KFacListener attached) {
                Listeners.moveFirst(model, attached);
                return attached;
            }
        }
        KFacListener listener = new KFacListener();
        Listeners.addFirst(model, listener);
        NativeFloor.announce();
        NetworkPlan plan = planOf(model, session);
        BlockTable.log(model, plan);
        plan.advise();
        return listener;
    }

    private static void requireOurs(NetworkView network) {
        if (!SESSIONS.trainsAny(network)) {
            throw new IllegalArgumentException(
                    "No layer of the network has KFac or another updater of this library. Configure it with .updater(new KFac()), "
                            + "or call KFacListener.swapUpdater(net, new KFac())");
        }
    }

    /**
     * Tells whether a network needs this listener.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @return whether some layer has an updater of this library, so that {@link #attach} has to be called before training
     * @throws IllegalArgumentException if the network is of another kind
     */
    public static boolean isNeededBy(Model model) {
        return SESSIONS.trainsAny(NetworkView.of(model));
    }

    /** DL4J goes through the list of listeners while one of them is called. */
    private static void requireBetweenSteps(Model model, Collection<TrainingListener> listeners) {
        boolean calledByListener =
                !listeners.isEmpty() && NetworkView.existingUpdater(model) != null && FitDetector.isOnTheStack();
        if (calledByListener && listeners.stream().noneMatch(KFacListener.class::isInstance)) {
            throw new IllegalStateException(
                    "KFacListener.attach was called by a listener, while the network takes a step. "
                            + "Call it before fit(), or between two calls of fit().");
        }
    }

    /** The plan that was made when the session was; where there is none, the fallback updater serves all there is. */
    private static NetworkPlan planOf(Model model, Session session) {
        return session == null ? NetworkPlan.of(UPDATERS, NetworkView.of(model)) : session.plan();
    }

    /**
     * Gives every layer of a network, trained or not, an updater of this library in place of its own (biases included), and attaches. The
     * parameters stay.
     *
     * <p>So do momentum, factors, inverses and counters, bit for bit, if the network has an updater of the same class already and the new
     * one keeps the same: learning rate, momentum, damping, bound, intervals, memory, seed and weight decay may change while a network
     * trains, and act from the next step, the damping from the next refresh. {@code toBuilder()} helps to change one option and keep the
     * others. Where curvature, blocks or the updater itself are others, the state of the old one is dropped, and the log says so.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @param updater the configuration; each layer gets a copy
     * @return the listener
     * @throws IllegalArgumentException as {@link #attach}, and if the updater is null
     */
    public static KFacListener swapUpdater(Model model, NaturalGradientUpdater updater) {
        NetworkView network = NetworkView.of(model);
        if (updater == null) {
            throw new IllegalArgumentException(
                    "swapUpdater needs an updater of this library, such as new KFac(), got null."
                            + " To go back to one of Deeplearning4j's, make a network from the configuration with that updater, and"
                            + " give it the parameters: other.setParams(net.params())");
        }
        requireBetweenSteps(model, Listeners.of(model));
        new AttachChecks(UPDATERS).requireTrainable(network, updater);
        boolean changed = false;
        for (NamedLayer named : network.layers()) {
            changed |= swap(named, updater);
        }
        if (changed) {
            SESSIONS.rebuild(model, network);
        }
        return attach(model);
    }

    private static boolean swap(NamedLayer named, NaturalGradientUpdater updater) {
        boolean[] changed = {false};
        UpdaterConfigs.replace(
                named.layer(),
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
     * Tells which curvature blocks a network has, and which layers have none. It is what {@link #attach} logs.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph whose layers have updaters of this library; it need not be attached
     * @return a line for each block, in the order of the layers, and behind them a line for each layer with parameters that has no block
     * @throws IllegalArgumentException if no layer has such an updater
     */
    public static List<BlockSummary> blocks(Model model) {
        requireOurs(NetworkView.of(model));
        return BlockTable.of(model, planOf(model, Sessions.find(model)));
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

    private void beforeBackward(Model model) {
        if (!isNetwork(model)) {
            return;
        }
        boolean fitting = FitDetector.isUnderWay();
        Session session = fitting ? SESSIONS.of(model) : Sessions.find(model);
        if (session == null) {
            if (fitting) {
                SESSIONS.requireUsable(NetworkView.of(model)); // the fallback updater may serve all there is
            }
            return;
        }
        if (fitting) {
            Listeners.moveFirst(model, this);
            session.beforeBackward();
        } else {
            session.endIfBroken();
        }
    }

    @Override
    public void onEpochStart(Model model) {
        Session session = isNetwork(model) ? Sessions.find(model) : null;
        if (session != null) {
            session.end();
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
    static boolean isNetwork(Model model) {
        return model instanceof MultiLayerNetwork || model instanceof ComputationGraph;
    }
}
