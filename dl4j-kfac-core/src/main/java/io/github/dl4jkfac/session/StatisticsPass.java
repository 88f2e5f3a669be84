package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.BatchCapture;
import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.diagnostics.Phase;
import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.step.RefreshPlan;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Folds a batch into the curvature of a network, where it is to enter, and has the inverses refreshed where that is due. */
final class StatisticsPass {

    private static final Logger LOG = LoggerFactory.getLogger(StatisticsPass.class);

    private final NetworkView network;
    private final BatchCapture capture;
    private final List<CurvatureGroup> groups;
    private final Method method;
    private final DerivativeSource source;
    private final RefreshPlan plan;
    private final BatchGuard guard;
    private final Refresher refresher;
    private final PhaseTimer timer;

    private Random random;
    private boolean warnedOfSilence;

    /**
     * @param groups all curvature; none if no updater uses any
     * @param method whose options hold for the network
     * @param source where the derivatives come from that the statistics are made of
     */
    StatisticsPass(
            NetworkView network,
            BatchCapture capture,
            List<CurvatureGroup> groups,
            Method method,
            DerivativeSource source,
            BatchGuard guard,
            Refresher refresher,
            PhaseTimer timer) {
        this.network = network;
        this.capture = capture;
        this.groups = groups;
        this.method = method;
        this.source = source;
        this.plan = method.refreshPlan();
        this.guard = guard;
        this.timer = timer;
        this.refresher = refresher;
    }

    /** Puts the taps in if the batch is to enter. */
    void arm(long steps) {
        if (!groups.isEmpty() && (plan.statisticsDue(steps) || !isReady())) {
            capture.arm(source, method.hyperparameters().statistics().statisticsFraction());
        }
    }

    /** Where the batch is to enter the statistics, or the step is made of its rows. */
    void take(RowsWorkspace memory, long steps) {
        boolean complete = capture.isArmed() && capture.isComplete();
        if (complete) {
            update(memory, steps);
        } else if (capture.isArmed()) {
            warnOfSilence("no derivative has reached some layer with a curvature block");
        }
        SkipReason obstacle = needsRows() && !guard.isLeftOut() ? obstacle(complete) : null;
        if (obstacle != null) {
            guard.leaveOutUnstepped(obstacle);
        }
        if (guard.isLeftOut()) {
            groups.forEach(CurvatureGroup::discard);
        }
    }

    /** Why a step that is made of the very batch's rows cannot be made; null if it can. */
    private SkipReason obstacle(boolean complete) {
        if (!complete) {
            return SkipReason.NO_DERIVATIVES;
        }
        if (!isReady()) {
            return SkipReason.NOT_INVERTIBLE;
        }
        return isSilent() ? SkipReason.ZERO_DERIVATIVES : null;
    }

    /** Whether the step is made of the rows of the very batch. */
    boolean needsRows() {
        return groups.stream().anyMatch(CurvatureGroup::keepsRows);
    }

    double lastDamping() {
        return refresher.lastDamping();
    }

    private boolean isReady() {
        return groups.stream().allMatch(CurvatureGroup::isReady);
    }

    /** One layer that no sample moves, a dead one, must not stop the others; if all are so, there is nothing to step on. */
    private boolean isSilent() {
        return groups.stream().allMatch(CurvatureGroup::isSilent);
    }

    /** Statistics that stay out for a reason that no user can see otherwise. */
    private void warnOfSilence(String why) {
        if (!warnedOfSilence) {
            LOG.warn("K-FAC took no statistics at iteration {}: {}. (Said once.)", network.iteration(), why);
            warnedOfSilence = true;
        }
    }

    private void update(RowsWorkspace memory, long steps) {
        try (RowsWorkspace.Scope filling = memory.begin()) {
            method.requireAffordable(capture.samplesOfRows());
            if (method.needsOutputNorms()) {
                INDArray squaredNorms = capture.squaredOutputNorms();
                groups.forEach(group -> group.outputNorms(squaredNorms));
            }
            timer.time(Phase.SAMPLED_BACKWARD, () -> capture.complete(randomOf(steps)));
            Map<BoundBlock, BatchRows> rows = timer.time(Phase.CAPTURE, this::checkedRows);
            if (rows == null) {
                return;
            }
            timer.time(Phase.FACTORS, () -> groups.forEach(group -> group.update(rows)));
            if (guard.admitsStatistics() && (plan.inversesDue(steps) || !isReady())) {
                timer.time(Phase.INVERSES, refresher::refresh);
            }
        }
    }

    private Random randomOf(long steps) {
        long seed = method.hyperparameters().statistics().seed() * 0x9E3779B97F4A7C15L + steps;
        if (random == null) {
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                random = Nd4j.getRandomFactory().getNewRandomInstance(seed);
            }
        }
        random.setSeed(seed);
        return random;
    }

    /** The rows of all blocks; null if any of them is not finite: then the batch enters none of the factors. */
    private Map<BoundBlock, BatchRows> checkedRows() {
        Map<LayerSlot, List<BatchRows>> all = capture.rows();
        Map<BoundBlock, BatchRows> rows = new IdentityHashMap<>();
        for (CurvatureGroup group : groups) {
            for (BoundBlock block : group.members()) {
                String name = block.plan().name();
                if (!all.containsKey(block.plan().slot())) {
                    warnOfSilence("no derivative has reached layer '" + name + "' in the second pass");
                    continue;
                }
                BatchRows own = block.rowsAmong(all);
                if (!guard.admits(own.magnitude(), "inputs or derivatives of layer '" + name + "' are")) {
                    return null;
                }
                rows.put(block, own);
            }
        }
        return rows;
    }
}
