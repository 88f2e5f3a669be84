package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.control.DampingFactor;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.step.Hyperparameters;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the statistics of a network in force: recomputes its inverses, each with the damping of the present step. */
final class Refresher {

    private static final Logger LOG = LoggerFactory.getLogger(Refresher.class);

    private final NetworkView network;
    private final List<CurvatureGroup> groups;
    private final Hyperparameters shared;
    private final DampingFactor factor;
    private final SafeRefresh safe = new SafeRefresh();
    private final StagedRefresh staged;

    private boolean told;
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
        this.staged = new StagedRefresh(groups, safe, SpareCores.OF_MACHINE);
    }

    /**
     * Stages a refresh, to be put in force by {@link #commitStaged} when the next batch enters the statistics.
     *
     * @param steps until then, this one included
     */
    void stage(int steps) {
        tell();
        staged.stage(dampings(), steps, helpers);
    }

    /** Puts in force what has been staged, if anything has been. */
    void commitStaged() {
        staged.commit();
    }

    /** Whether something falls to the present step. */
    boolean hasWork() {
        return staged.hasWork();
    }

    /** Computes what falls to the present step of what has been staged. */
    void advance() {
        staged.advance();
    }

    private void tell() {
        if (told) {
            return;
        }
        told = true;
        int cores = SpareCores.OF_MACHINE.number();
        if (helpers == null) {
            LOG.info(
                    cores > 0
                            ? "Inverses are computed in the background, on {} cores that BLAS's threads leave free."
                            : "Inverses are computed a part at each step: BLAS has as many threads as there are cores."
                                    + " With OMP_NUM_THREADS or BlasThreads.set at one less they would be computed in the background.",
                    cores);
        }
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
        List<Integer> numbers = IntStream.range(0, groups.size()).boxed().toList();
        helpers.accept(LongestFirst.order(numbers, i -> groups.get(i).refreshFlops()).stream()
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
