package io.github.dl4jkfac.session;

import io.github.dl4jkfac.capture.BatchCapture;
import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.BatchStatistics;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.diagnostics.Phase;
import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.step.RefreshPlan;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
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

    private final SamplingStream stream;

    private boolean warnedOfSilence;
    private RemoteCurvature remote;

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
        this.stream = new SamplingStream(method.hyperparameters().statistics().seed());
    }

    /** Whether the batch is to enter. */
    boolean isDue(long steps) {
        return !groups.isEmpty() && (plan.statisticsDue(steps) || !isReady());
    }

    /** Puts the taps in if the batch is to enter. */
    void arm(long steps) {
        if (isDue(steps)) {
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

    void spreadRefreshesOver(Consumer<List<Runnable>> helpers) {
        refresher.spreadOver(helpers);
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
            timer.time(Phase.SAMPLED_BACKWARD, () -> capture.complete(stream.at(steps)));
            Map<BoundBlock, BatchRows> rows =
                    timer.time(Phase.CAPTURE, () -> BlockRows.of(groups, capture.rows(), guard, this::warnOfSilence));
            if (rows != null) {
                commitStaged();
                timer.time(Phase.FACTORS, () -> groups.forEach(group -> group.update(rows)));
                refreshWhereDue(steps);
            }
        }
    }

    private void refreshWhereDue(long steps) {
        if (guard.admitsStatistics() && (plan.inversesDue(steps) || !isReady())) {
            timer.time(Phase.INVERSES, () -> {
                if (isInBackground(steps)) {
                    refresher.stage(stepsToNextStatistics(steps));
                } else {
                    refresher.refresh();
                }
            });
        }
    }

    private void commitStaged() {
        if (method.hyperparameters().refresh().background()) {
            timer.time(Phase.INVERSES, refresher::commitStaged);
        }
    }

    /** The first inverses have to be there at once, and as long as the curvature changes fast no step can do with old ones. */
    private boolean isInBackground(long steps) {
        return method.hyperparameters().refresh().background() && plan.hasSettled(steps) && isReady();
    }

    private int stepsToNextStatistics(long steps) {
        int number = 1;
        while (!plan.statisticsDue(steps + number)) {
            number++;
        }
        return number;
    }

    /** Computes what falls to the present step of inverses that are not in force yet. */
    void advance() {
        if (refresher.hasWork()) {
            timer.time(Phase.INVERSES, refresher::advance);
        }
    }

    private List<Double> dampings() {
        ToDoubleFunction<BoundBlock> damping = refresher.dampings();
        return groups.stream()
                .flatMap(group -> group.members().stream())
                .map(damping::applyAsDouble)
                .toList();
    }

    /** @param owners keep the curvature, in place of the network's own state */
    void keepCurvatureAt(RemoteCurvature owners) {
        remote = owners;
    }

    /**
     * As {@link #take}, where copies of the network have gone through the parts of the batch.
     *
     * @param whole sums over all parts; null if the batch does not enter
     */
    void takeParts(BatchStatistics whole, long steps) {
        if (remote != null) {
            boolean enters = isDue(steps);
            boolean renews = enters && (plan.inversesDue(steps) || !isReady());
            remote.order(enters, renews ? dampings() : null, isInBackground(steps));
        } else if (whole != null) {
            commitStaged();
            timer.time(Phase.FACTORS, () -> groups.forEach(group -> group.fold(whole)));
            refreshWhereDue(steps);
        }
    }
}
