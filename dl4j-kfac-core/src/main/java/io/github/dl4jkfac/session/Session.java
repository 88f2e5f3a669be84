package io.github.dl4jkfac.session;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.capture.BatchCapture;
import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.control.TrialStep;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.Magnitude;
import io.github.dl4jkfac.diagnostics.Phase;
import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.diagnostics.StepReport;
import io.github.dl4jkfac.plan.Method;
import io.github.dl4jkfac.step.Hyperparameters;
import io.github.dl4jkfac.step.NetworkStep;
import io.github.dl4jkfac.step.RefreshPlan;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An updater of this library at work on one live network. Lives as long as DL4J's updater of that network, and keeps nothing that has to survive it: all
 * that lasts is in the updater state.
 *
 * <p>A step: {@link #beforeBackward} puts the taps in, DL4J back-propagates, {@link #afterBackward} folds the batch into the factors
 * and refreshes the inverses where due; DL4J then divides and clips the gradient and calls the blocks' workers.
 */
public final class Session {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final Model model;
    private final NetworkView network;
    private final List<CurvatureGroup> groups;
    private final List<BoundBlock> blocks;
    private final NetworkStep step;
    private final BatchCapture capture;
    private final RefreshPlan plan;
    private final DerivativeSource source;
    private final TrialStep trial;
    private final PresentStep present;
    private final StepJournal journal;
    private final SafeRefresh refresh = new SafeRefresh();
    private final StepRequirements requirements;
    private final Method leader;
    private final Hyperparameters shared;
    private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);

    private Random random;
    private boolean warnedOfSilence;
    private double lastDamping = Double.NaN;

    /**
     * @param groups all curvature; none if no updater uses any
     * @param requirements checked before each step
     * @param leader the method whose options hold for the network
     * @param source where the derivatives come from that the statistics are made of
     * @param trial tries steps before they are taken; null if they are taken untried
     */
    Session(
            Model model,
            NetworkView network,
            List<CurvatureGroup> groups,
            NetworkStep step,
            StepRequirements requirements,
            Method leader,
            DerivativeSource source,
            TrialStep trial) {
        this.model = model;
        this.network = network;
        this.groups = groups;
        this.blocks = groups.stream().flatMap(group -> group.members().stream()).toList();
        this.step = step;
        this.source = source;
        this.trial = trial;
        this.requirements = requirements;
        this.capture = new BatchCapture(network);
        this.present = new PresentStep(model, network, capture, step);
        this.journal = new StepJournal(leader.name());
        this.leader = leader;
        this.shared = leader.hyperparameters();
        this.plan = leader.refreshPlan();
        for (Phase phase : Phase.values()) {
            nanos.put(phase, 0L);
        }
    }

    /** Whether it is at work on a network as that is now: a layer may have been frozen or replaced since. */
    boolean serves(Model other) {
        return model == other && network.isCurrent();
    }

    /**
     * Puts the taps in if this batch is to enter the factors. Called after the forward pass of a fit.
     *
     * @throws IllegalArgumentException if the batch is empty, or an option has a value that no step can use
     */
    public void beforeBackward() {
        present.end();
        if (network.batchSize() < 1) {
            throw new IllegalArgumentException("The batch is empty; remove empty batches from the iterator");
        }
        requirements.check(network.iteration(), network.epoch());
        present.begin();
        if (!groups.isEmpty() && (plan.statisticsDue(step.steps()) || !isReady())) {
            capture.arm(source, shared.statisticsFraction());
        }
    }

    /** Completes the curvature side of the step. Called after DL4J's backward pass, before the updater. */
    public void afterBackward() {
        if (!present.passBackward()) {
            return;
        }
        boolean keepsRows = false;
        try {
            if (checkGradient()) {
                takeStatistics();
            }
            if (!present.isLeftOut() && trial != null) {
                trial.takeBatch();
            }
            keepsRows = !present.isLeftOut() && needsRows();
            step.open(toMeans(), present.isLeftOut(), present.memory()::end);
        } finally {
            capture.disarm();
            if (!keepsRows) {
                present.memory().end();
            }
        }
    }

    /**
     * Ends the step: after a batch that was left out, everything is again as it was before it. Called after the parameters have been
     * updated, before any other listener sees them.
     */
    public void afterStep() {
        if (!present.passUpdate()) {
            return;
        }
        if (present.isLeftOut()) {
            present.restore();
        } else if (present.suspicion() != null && !(step.outcome().isSound() && Snapshot.isFinite(model, network))) {
            present.restore();
            skip(present.suspicion(), "; the step is not finite");
        } else {
            record(step.outcome());
        }
        present.end();
    }

    /** Ends whatever an exception has left unfinished. Called at the beginning of an epoch. */
    public void end() {
        present.end();
    }

    /** Ends a backward pass that an exception has left unfinished. Called when the network is used otherwise than by a fit. */
    public void endIfBroken() {
        present.endIfBroken();
    }

    private void record(NetworkStep.Outcome outcome) {
        switch (outcome) {
            case TAKEN -> journal.step(step.klScale(), step.klBound());
            case NOT_FINITE -> skip(SkipReason.STEP_NOT_FINITE, "");
            case UPHILL -> skip(SkipReason.UPHILL, "");
            case REFUSED -> skip(SkipReason.LINE_SEARCH, "");
            case UPDATE_NOT_FINITE -> skip(SkipReason.UPDATE_NOT_FINITE, "");
            case NONE -> {
                // no worker has been called: all layers are frozen, say
            }
        }
    }

    private boolean needsRows() {
        return groups.stream().anyMatch(CurvatureGroup::keepsRows);
    }

    private boolean isReady() {
        return groups.stream().allMatch(CurvatureGroup::isReady);
    }

    /** One layer that no sample moves, a dead one, must not stop the others; if all are so, there is nothing to step on. */
    private boolean isSilent() {
        return groups.stream().allMatch(CurvatureGroup::isSilent);
    }

    /** Factor that turns what DL4J minimises, and so its gradient and L2 term, into a mean over the batch. */
    private double toMeans() {
        return network.isMiniBatch() ? 1.0 : 1.0 / network.batchSize();
    }

    /** Returns whether the batch goes on. One whose gradient is so large that its squares might overflow is watched from here on. */
    private boolean checkGradient() {
        double size = timed(Phase.CAPTURE, () -> Finite.sumOfMagnitudes(network.gradient()));
        Magnitude magnitude = new Magnitude(0, size, network.batchSize());
        if (!magnitude.isFinite()) {
            leaveOut("; its gradient is not finite");
            return false;
        }
        if (!magnitude.fits(network.gradient().dataType())) {
            present.watch();
        }
        return true;
    }

    private void leaveOut(String place) {
        leaveOut(present.suspicion() == null ? Diagnosis.of(model) : present.suspicion(), place);
    }

    private void leaveOut(SkipReason reason, String place) {
        present.leaveOut();
        skip(reason, place);
    }

    private void skip(SkipReason reason, String place) {
        journal.skip(reason, place, network.iteration());
    }

    /** Where the batch is to enter the statistics, or the step is made of its rows. */
    private void takeStatistics() {
        boolean complete = capture.isArmed() && capture.isComplete();
        if (complete) {
            updateCurvature();
        } else if (capture.isArmed()) {
            warnOfSilence("no derivative has reached some layer with a curvature block");
        }
        if (needsRows() && !present.isLeftOut() && !(complete && isReady() && !isSilent())) {
            if (present.suspicion() != null) {
                leaveOut("; its matrix cannot be inverted");
            } else {
                leaveOut(complete ? SkipReason.NOT_INVERTIBLE : SkipReason.NO_DERIVATIVES, "");
            }
        }
    }

    /** Statistics that stay out for a reason that no user can see otherwise. */
    private void warnOfSilence(String why) {
        if (!warnedOfSilence) {
            LOG.warn("K-FAC took no statistics at iteration {}: {}. (Said once.)", network.iteration(), why);
            warnedOfSilence = true;
        }
    }

    private void updateCurvature() {
        try (RowsWorkspace.Scope filling = present.memory().begin()) {
            leader.requireAffordable(capture.samplesOfRows());
            if (leader.needsOutputNorms()) {
                INDArray squaredNorms = capture.squaredOutputNorms();
                groups.forEach(group -> group.outputNorms(squaredNorms));
            }
            timed(Phase.SAMPLED_BACKWARD, () -> {
                capture.complete(randomOfThisStep());
                return null;
            });
            Map<BoundBlock, BatchRows> rows = timed(Phase.CAPTURE, this::checkedRows);
            if (rows == null) {
                return;
            }
            timed(Phase.FACTORS, () -> {
                groups.forEach(group -> group.update(rows));
                return null;
            });
            if (present.suspicion() != null && !Snapshot.isStateFinite(network)) {
                leaveOut("; products of them overflow in the statistics");
            } else if (plan.inversesDue(step.steps()) || !isReady()) {
                timed(Phase.INVERSES, this::refreshInverses);
            }
        }
    }

    private Random randomOfThisStep() {
        long seed = shared.seed() * 0x9E3779B97F4A7C15L + step.steps();
        if (random == null) {
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                random = Nd4j.getRandomFactory().getNewRandomInstance(seed);
            }
        }
        random.setSeed(seed);
        return random;
    }

    /**
     * The rows of all blocks; null if any of them is not finite: then the batch enters none of the factors. One whose products might
     * overflow is watched from here on.
     */
    private Map<BoundBlock, BatchRows> checkedRows() {
        Map<LayerSlot, List<BatchRows>> all = capture.rows();
        Map<BoundBlock, BatchRows> rows = new IdentityHashMap<>();
        for (BoundBlock block : blocks) {
            if (!all.containsKey(block.plan().slot())) {
                warnOfSilence("no derivative has reached layer '" + block.plan().name() + "' in the second pass");
                continue;
            }
            BatchRows own = block.rowsAmong(all);
            Magnitude magnitude = own.magnitude();
            if (!magnitude.isFinite()) {
                leaveOut("; inputs or derivatives of layer '" + block.plan().name() + "' are not finite");
                return null;
            }
            if (!magnitude.fits(network.gradient().dataType())) {
                present.watch();
            }
            rows.put(block, own);
        }
        return rows;
    }

    private Void refreshInverses() {
        int iteration = network.iteration();
        int epoch = network.epoch();
        for (CurvatureGroup group : groups) {
            refresh.refresh(group, block -> block.damping(iteration, epoch, toMeans(), group.dampingFactor()));
        }
        lastDamping = groups.get(0).dampingFactor() * shared.dampingAt(iteration, epoch);
        return null;
    }

    private <T> T timed(Phase phase, Supplier<T> work) {
        long start = System.nanoTime();
        try {
            return work.get();
        } finally {
            nanos.merge(phase, System.nanoTime() - start, Long::sum);
        }
    }

    /** {@return all parameters with curvature, in the order of the network} */
    public List<BoundBlock> blocks() {
        return blocks;
    }

    /** {@return what happened up to the last step} */
    public StepReport report() {
        Map<Phase, Long> phases = new EnumMap<>(nanos);
        phases.put(Phase.PRECONDITIONING, step.nanos());
        return new StepReport(
                step.steps(),
                journal.skipped(),
                journal.lastSkip(),
                lastDamping,
                step.klBound(),
                step.klScale(),
                phases);
    }
}
