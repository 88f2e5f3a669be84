package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.control.BatchController;
import io.github.dl4jkfac.control.DampingFactor;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.plan.NetworkPlan;
import io.github.dl4jkfac.plan.Updaters;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.step.BoundWorker;
import io.github.dl4jkfac.step.NetworkStep;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the session of a network, or makes it: whenever DL4J has replaced its updater, the new one gets a new session. */
public final class Sessions {

    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private final Updaters updaters;

    /**
     * Makes the place where the sessions of networks are found.
     *
     * @param updaters knows our own among a network's updaters
     */
    public Sessions(Updaters updaters) {
        this.updaters = updaters;
    }

    /**
     * Finds the session of a network, or makes it. Writes layouts and builds DL4J's updater anew where that is needed.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @return null if there is nothing to do: no layer has a curvature block, or an updater that needs none
     * @throws IllegalArgumentException if the network cannot be trained
     */
    public Session of(Model model) {
        Session bound = find(model);
        if (bound != null) {
            return bound;
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return bind(model, false);
        }
    }

    /**
     * As {@link #of}, but looks whether configurations have been changed since DL4J has made its updater from them.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @throws IllegalArgumentException if the network cannot be trained
     */
    public void renew(Model model) {
        BaseMultiLayerUpdater<?> updater = NetworkView.existingUpdater(model);
        boolean stale = find(model) != null
                && (updater.getUpdaterBlocks().stream().anyMatch(this::isStale)
                        || RunningUpdater.isOutdated(updaters, updater, NetworkView.of(model)));
        if (!stale) {
            of(model);
            return;
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            bind(model, true);
        }
    }

    private boolean isStale(UpdaterBlock block) {
        UpdaterBlock.ParamState first = block.getLayersAndVariablesInBlock().get(0);
        IUpdater configured = first.getLayer().getConfig().getUpdaterByParam(first.getParamName());
        boolean same = block.getGradientUpdater().getConfig().equals(configured);
        return !same
                || block.getGradientUpdater() instanceof BoundWorker worker
                        && updaters.isOurs(configured)
                        && !worker.hyperparameters()
                                .equals(updaters.methodOf(configured).hyperparameters());
    }

    /**
     * Finds the session that DL4J's present updater is bound to.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @return null if there is none
     */
    public static Session find(Model model) {
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

    /**
     * Tells whether any parameter of the network has an updater of this library, with or without a curvature block.
     *
     * @param network the network
     * @return whether it has
     */
    public boolean trainsAny(NetworkView network) {
        return network.layers().stream().anyMatch(layer -> NetworkPlan.isOurs(updaters, layer));
    }

    /** @param anew whether DL4J's updater has to be built anew in any case */
    private Session bind(Model model, boolean anew) {
        NetworkView network = NetworkView.of(model);
        NetworkPlan networkPlan = new AttachChecks(updaters).requireTrainable(network, null);
        networkPlan.write();
        BaseMultiLayerUpdater<?> present = NetworkView.existingUpdater(model);
        if (anew || RunningUpdater.isOutdated(updaters, present, network) || RunningUpdater.isCoarsened(present)) {
            CarriedState.rebuild(updaters, network, present);
        }
        network.clearFrozenGradients();
        StepRequirements requirements = requirements(network);
        requirements.requireOwnStates();
        Binding binding =
                Binding.of(network.updater().getUpdaterBlocks(), model.params(), networkPlan, Solvers.forBackend());
        Method leader = binding.leader(updaters);
        if (leader == null) {
            return null;
        }
        NetworkStep step = binding.step();
        warnOf(leader.caveat(network), leader);
        BatchController control = Controllers.of(leader, model, network, binding, step);
        if (control != null) {
            step.controlBy(control);
        }
        Session session = new Session(
                model,
                networkPlan,
                binding.groups(),
                step,
                requirements,
                leader,
                usable(network, leader),
                new DampingFactor(binding.scalars()),
                control);
        binding.bind(step, session);
        return session;
    }

    private StepRequirements requirements(NetworkView network) {
        return new StepRequirements(updaters, network.updater().getUpdaterBlocks());
    }

    /**
     * Checks what a step would use where no session does: the fallback updater may serve all there is.
     *
     * @param network the network
     * @throws IllegalArgumentException naming layer, updater, option, value, time and remedy
     */
    public void requireUsable(NetworkView network) {
        requirements(network).check(network.iteration(), network.epoch());
    }

    /**
     * Makes DL4J's updater anew after all layers have got other configurations; what its state holds stays where it fits.
     *
     * @param model an initialised MultiLayerNetwork or ComputationGraph
     * @param network the same
     */
    public void rebuild(Model model, NetworkView network) {
        NetworkPlan.of(updaters, network).write();
        CarriedState.rebuild(updaters, network, NetworkView.existingUpdater(model));
    }

    private static void warnOf(String caveat, Method method) {
        if (caveat != null) {
            LOG.warn("{}: {}.", method.name(), caveat);
        }
    }

    /** Where a curvature cannot be estimated for some output, the empirical Fisher takes its place: it exists for every loss. */
    private static DerivativeSource usable(NetworkView network, Method method) {
        DerivativeSource source = method.needsOutputNorms() ? DerivativeSource.SCALED_TRUE_LABELS : method.source();
        String obstacle = network.obstacleTo(source);
        if (obstacle == null) {
            return method.source();
        }
        LOG.warn(
                "{} uses Curvature.EMPIRICAL_FISHER instead of {}: {}.",
                method.name(),
                method.curvatureFrom(source),
                obstacle);
        return DerivativeSource.TRUE_LABELS;
    }
}
