package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.control.DampingFactor;
import io.github.dl4jkfac.step.Hyperparameters;
import java.util.List;

/** Puts the statistics of a network in force: recomputes its inverses, each with the damping of the present step. */
final class Refresher {

    private final NetworkView network;
    private final List<CurvatureGroup> groups;
    private final Hyperparameters shared;
    private final DampingFactor factor;
    private final SafeRefresh safe = new SafeRefresh();

    private double lastDamping = Double.NaN;

    /**
     * @param shared the options that hold for the network
     * @param factor of all dampings
     */
    Refresher(NetworkView network, List<CurvatureGroup> groups, Hyperparameters shared, DampingFactor factor) {
        this.network = network;
        this.groups = groups;
        this.shared = shared;
        this.factor = factor;
    }

    void refresh() {
        int iteration = network.iteration();
        int epoch = network.epoch();
        double toMeans = network.toMeans();
        for (CurvatureGroup group : groups) {
            safe.refresh(group, block -> block.damping(iteration, epoch, toMeans, factor.get()));
        }
        lastDamping = factor.get() * shared.dampingAt(iteration, epoch);
    }

    /** lambda at the last refresh; not a number before the first. */
    double lastDamping() {
        return lastDamping;
    }
}
