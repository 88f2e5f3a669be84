package io.github.dl4jkfac.session;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.capture.BatchCapture;
import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.probe.NetworkCopy;
import io.github.dl4jkfac.control.BatchController;
import io.github.dl4jkfac.control.DampingFactor;
import io.github.dl4jkfac.curvature.rows.Magnitude;
import io.github.dl4jkfac.diagnostics.Phase;
import io.github.dl4jkfac.diagnostics.StepReport;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.plan.NetworkPlan;
import io.github.dl4jkfac.step.NetworkStep;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.deeplearning4j.nn.api.Model;

/**
 * An updater of this library at work on one live network. Lives as long as DL4J's updater of that network, and keeps nothing that has to survive it: all
 * that lasts is in the updater state.
 *
 * <p>A step: {@link #beforeBackward} puts the taps in, DL4J back-propagates, {@link #afterBackward} folds the batch into the factors
 * and refreshes the inverses where due; DL4J then divides and clips the gradient and calls the blocks' workers.
 */
public final class Session {

    private final Model model;
    private final NetworkPlan plan;
    private final NetworkView network;
    private final List<CurvatureGroup> groups;
    private final Method leader;
    private final DerivativeSource source;
    private final List<BoundBlock> blocks;
    private final NetworkStep step;
    private final StepRequirements requirements;
    private final BatchController control;
    private final BatchCapture capture;
    private final PresentStep present;
    private final StepJournal journal;
    private final BatchGuard guard;
    private final StatisticsPass statistics;
    private final PhaseTimer timer = new PhaseTimer();

    /**
     * @param plan of the network, written
     * @param groups all curvature; none if no updater uses any
     * @param requirements checked before each step
     * @param leader the method whose options hold for the network
     * @param source where the derivatives come from that the statistics are made of
     * @param factor of all dampings
     * @param control looks at steps before they are taken; null if they are taken as they are
     */
    Session(
            Model model,
            NetworkPlan plan,
            List<CurvatureGroup> groups,
            NetworkStep step,
            StepRequirements requirements,
            Method leader,
            DerivativeSource source,
            DampingFactor factor,
            BatchController control) {
        this.model = model;
        this.plan = plan;
        this.network = plan.network();
        this.groups = groups;
        this.leader = leader;
        this.source = source;
        this.blocks = groups.stream().flatMap(group -> group.members().stream()).toList();
        this.step = step;
        this.requirements = requirements;
        this.control = control;
        this.capture = new BatchCapture(network);
        this.present = new PresentStep(model, network, capture, step);
        this.journal = new StepJournal(leader.name());
        this.guard = new BatchGuard(model, network, present, journal);
        this.statistics = new StatisticsPass(
                network,
                capture,
                groups,
                leader,
                source,
                guard,
                new Refresher(network, groups, leader.hyperparameters(), factor),
                timer);
    }

    /** {@return the plan of the network} */
    public NetworkPlan plan() {
        return plan;
    }

    /** Whether it is at work on a network as that is now: a layer may have been frozen or replaced since. */
    boolean serves(Model other) {
        return model == other && network.isCurrent();
    }

    /**
     * Puts the taps in if this batch is to enter the factors. Called after the forward pass of a fit.
     *
     * @throws IllegalArgumentException if the batch is empty, or an option has a value that no step can use
     * @throws IllegalStateException if the updater state was made by another updater
     */
    public void beforeBackward() {
        present.end();
        if (network.batchSize() < 1) {
            throw new IllegalArgumentException("The batch is empty; remove empty batches from the iterator");
        }
        requirements.check(network.iteration(), network.epoch());
        present.begin();
        statistics.arm(step.steps());
    }

    /** Completes the curvature side of the step. Called after DL4J's backward pass, before the updater. */
    public void afterBackward() {
        if (!present.passBackward()) {
            return;
        }
        boolean keepsRows = false;
        try {
            if (guard.admits(magnitudeOfGradient(), "its gradient is")) {
                statistics.take(present.memory(), step.steps());
            }
            keepsRows = !present.isLeftOut() && statistics.needsRows();
            open();
        } finally {
            capture.disarm();
            if (!keepsRows) {
                present.memory().end();
            }
        }
    }

    private void open() {
        statistics.advance();
        if (!present.isLeftOut() && control != null) {
            control.takeBatch();
        }
        step.open(network.toMeans(), present.isLeftOut(), present.memory()::end);
    }

    /**
     * Does what {@link #beforeBackward} and {@link #afterBackward} do, on a batch whose parts copies of the network have gone through. The
     * network's gradient view has to hold the sum of their gradients.
     *
     * @param whole the sum of what the copies have found
     * @throws IllegalArgumentException as {@link #beforeBackward}, and if the parts come from another network
     * @throws IllegalStateException as {@link #beforeBackward}
     */
    void takeParts(BatchPart whole) {
        present.end();
        requirements.check(network.iteration(), network.epoch());
        present.begin();
        network.announceParts(whole.samples());
        present.passBackward();
        if (guard.admits(whole) && guard.admits(magnitudeOfGradient(), "its gradient is")) {
            statistics.takeParts(whole.statistics(), step.steps());
        }
        open();
    }

    long steps() {
        return step.steps();
    }

    /** Whether the next step is measured on its batch. */
    boolean wantsBatch() {
        return control != null && control.wantsBatch();
    }

    /** Whether the next batch is to enter the statistics. */
    boolean wantsStatistics() {
        return statistics.isDue(step.steps());
    }

    /** @throws IllegalArgumentException if the step is made of the rows of the very batch, which cannot come in parts */
    void requireParts() {
        if (statistics.needsRows()) {
            throw new IllegalArgumentException(leader.name()
                    + " makes each step of the rows of its very batch, so all of them would have to travel to one place; batches"
                    + " cannot come in parts. Train with fit(), or take KFac, EKFac, AdaFisher or FAdam");
        }
    }

    /** Makes the passes of a copy of the network through parts of batches. */
    PartPass passOf(NetworkCopy copy, PartSums sums) {
        return new PartPass(network, copy, groups, leader, source, sums);
    }

    /** @param helpers compute the inverses from now on, as {@link Refresher#spreadOver} tells; null for nobody */
    void spreadRefreshesOver(Consumer<List<Runnable>> helpers) {
        statistics.spreadRefreshesOver(helpers);
    }

    /** @param owners keep the curvature from now on, in place of this network's updater state */
    void keepCurvatureAt(CurvatureOwners owners) {
        RemoteCurvature remote = new RemoteCurvature(groups, owners);
        statistics.keepCurvatureAt(remote);
        step.preconditionBy(remote);
    }

    /** All curvature. */
    List<CurvatureGroup> groups() {
        return groups;
    }

    private Magnitude magnitudeOfGradient() {
        double size = timer.time(Phase.CAPTURE, () -> Finite.sumOfMagnitudes(network.gradient()));
        return new Magnitude(0, size, network.batchSize());
    }

    /**
     * Ends the step: after a batch that was left out, everything is again as it was before it. Called after the parameters have been
     * updated, before any other listener sees them.
     */
    public void afterStep() {
        if (present.passUpdate()) {
            guard.settle(step);
            present.end();
        }
    }

    /** Ends whatever an exception has left unfinished. Called at the beginning of an epoch. */
    public void end() {
        present.end();
    }

    /** Ends a backward pass that an exception has left unfinished. Called when the network is used otherwise than by a fit. */
    public void endIfBroken() {
        present.endIfBroken();
    }

    /** {@return all parameters with curvature, in the order of the network} */
    public List<BoundBlock> blocks() {
        return blocks;
    }

    /** {@return what happened up to the last step} */
    public StepReport report() {
        Map<Phase, Long> phases = timer.nanos();
        phases.put(Phase.PRECONDITIONING, step.nanos());
        return new StepReport(
                step.steps(),
                journal.skipped(),
                journal.lastSkip(),
                statistics.lastDamping(),
                step.klBound(),
                step.klScale(),
                control == null ? null : control.last(),
                phases);
    }
}
