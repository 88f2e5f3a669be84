package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.control.DampingFactor;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.step.Hyperparameters;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Puts the statistics of a network in force: recomputes its inverses, each with the damping of the present step. */
final class Refresher {

    private final NetworkView network;
    private final List<CurvatureGroup> groups;
    private final Hyperparameters shared;
    private final DampingFactor factor;
    private final SafeRefresh safe = new SafeRefresh();

    private double lastDamping = Double.NaN;
    private Consumer<List<Runnable>> helpers;

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
        ToDoubleFunction<BoundBlock> damping = dampings();
        if (helpers == null) {
            for (CurvatureGroup group : groups) {
                Refresh refresh = group.stage(damping);
                refresh.compute();
                safe.commit(group, refresh);
            }
        } else {
            spread(damping);
        }
    }

    /** The dampings of a refresh at the present step. */
    ToDoubleFunction<BoundBlock> dampings() {
        int iteration = network.iteration();
        int epoch = network.epoch();
        double toMeans = network.toMeans();
        lastDamping = factor.get() * shared.dampingAt(iteration, epoch);
        return block -> block.damping(iteration, epoch, toMeans, factor.get());
    }

    /** The most expensive first, so that nobody is left with it at the end. */
    private void spread(ToDoubleFunction<BoundBlock> damping) {
        List<Refresh> refreshes =
                groups.stream().map(group -> group.stage(damping)).toList();
        helpers.accept(IntStream.range(0, groups.size())
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -groups.get(i).refreshFlops()))
                .map(i -> (Runnable) refreshes.get(i)::compute)
                .toList());
        for (int i = 0; i < groups.size(); i++) {
            safe.commit(groups.get(i), refreshes.get(i));
        }
    }

    /**
     * Lets others compute what is to be put in force.
     *
     * @param others run all that they are given, in any order and by any threads, and return when all is done; null for nobody
     */
    void spreadOver(Consumer<List<Runnable>> others) {
        helpers = others;
    }

    /** lambda at the last refresh; not a number before the first. */
    double lastDamping() {
        return lastDamping;
    }
}
