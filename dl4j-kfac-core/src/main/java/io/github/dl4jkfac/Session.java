package io.github.dl4jkfac;

import io.github.dl4jkfac.capture.BatchCapture;
import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.curvature.BatchRows;
import io.github.dl4jkfac.curvature.Finite;
import io.github.dl4jkfac.diagnostics.Phase;
import io.github.dl4jkfac.diagnostics.StepReport;
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
final class Session {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final Model model;
    private final NetworkView network;
    private final List<BoundGroup> groups;
    private final List<BoundBlock> blocks;
    private final NetworkStep step;
    private final BatchCapture capture;
    private final RefreshPlan plan;
    private final DerivativeSource source;
    private final TrialStep trial;
    private final NaturalGradientUpdater leader;
    private final Hyperparameters shared;
    private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);

    private final RowsWorkspace memory = new RowsWorkspace();

    private Random random;
    private boolean expectingBackward;
    private boolean warnedOfSilence;
    private Snapshot before;
    private long skippedBatches;
    private double lastDamping = Double.NaN;

    /**
     * @param groups all curvature; none if no updater uses any
     * @param leader the updater whose options hold for the network
     * @param source where the derivatives come from that the statistics are made of
     * @param trial tries steps before they are taken; null if they are taken untried
     */
    Session(
            Model model,
            NetworkView network,
            List<BoundGroup> groups,
            NetworkStep step,
            NaturalGradientUpdater leader,
            DerivativeSource source,
            TrialStep trial) {
        this.model = model;
        this.network = network;
        this.groups = groups;
        this.blocks = groups.stream().flatMap(group -> group.members().stream()).toList();
        this.step = step;
        this.source = source;
        this.trial = trial;
        this.capture = new BatchCapture(network);
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

    /** Puts the taps in if this batch is to enter the factors. Called after the forward pass. */
    void beforeBackward() {
        if (network.batchSize() < 1) {
            throw new IllegalArgumentException("The batch is empty; remove empty batches from the iterator");
        }
        expectingBackward = true;
        capture.disarm();
        if (!groups.isEmpty() && (plan.statisticsDue(step.steps()) || !isReady())) {
            capture.arm(source, shared.statisticsFraction());
        }
    }

    /** Completes the curvature side of the step. Called after DL4J's backward pass, before the updater. */
    void afterBackward() {
        if (!expectingBackward) {
            return; // a second listener on the same network
        }
        expectingBackward = false;
        boolean keepsRows = false;
        try {
            boolean taken = false;
            boolean finite = timed(Phase.CAPTURE, this::requireFiniteGradient);
            if (finite && capture.isArmed()) {
                if (capture.isComplete()) {
                    taken = updateCurvature();
                } else {
                    warnOfSilence("no derivative has reached some layer with a curvature block");
                }
            }
            boolean needsRows = groups.stream().anyMatch(BoundGroup::keepsRows);
            boolean skip = !finite || needsRows && !taken;
            if (trial != null && !skip) {
                trial.takeBatch();
            }
            step.open(toMeans(), skip, memory::end);
            keepsRows = needsRows && !skip;
        } finally {
            capture.disarm();
            if (!keepsRows) {
                memory.end();
            }
        }
    }

    /** Ends the step: after a batch that was left out, everything is again as it was before it. Called after the updater. */
    void afterStep() {
        if (before != null) {
            before.restore(model, network);
            before = null;
        }
    }

    private boolean isReady() {
        return groups.stream().allMatch(BoundGroup::isReady);
    }

    /** Factor that turns what DL4J minimises, and so its gradient and L2 term, into a mean over the batch. */
    private double toMeans() {
        return network.isMiniBatch() ? 1.0 : 1.0 / network.batchSize();
    }

    /**
     * A gradient that is not finite is replaced by zero, so that no updater of the network can be poisoned by the batch; since some
     * of them move even then (by their momentum, or weight decay), what they change is taken back after the step.
     */
    private boolean requireFiniteGradient() {
        if (Finite.isFinite(network.gradient())) {
            return true;
        }
        network.gradient().assign(0);
        before = Snapshot.of(model, network);
        skip("its gradient is not finite; the parameters stay as they are");
        return false;
    }

    private void skip(String why) {
        skippedBatches++;
        // every one of the first few, then ever fewer: a broken data set must not flood the log
        if (skippedBatches <= 5 || Long.bitCount(skippedBatches) == 1) {
            LOG.warn(
                    "K-FAC left out the batch of iteration {} (number {} so far): {}. Look for NaN or infinite features or labels.",
                    network.iteration(),
                    skippedBatches,
                    why);
        }
    }

    /** Statistics that stay out for a reason that no user can see otherwise. */
    private void warnOfSilence(String why) {
        if (!warnedOfSilence) {
            LOG.warn("K-FAC took no statistics at iteration {}: {}. (Said once.)", network.iteration(), why);
            warnedOfSilence = true;
        }
    }

    /** Returns whether the batch has been taken in. */
    private boolean updateCurvature() {
        try (RowsWorkspace.Scope filling = memory.begin()) {
            leader.requireAffordable(capture.samplesOfRows());
            if (leader.needsOutputNorms()) {
                INDArray squaredNorms = capture.squaredOutputNorms();
                groups.forEach(group -> group.outputNorms(squaredNorms));
            }
            timed(Phase.SAMPLED_BACKWARD, () -> {
                capture.complete(randomOfThisStep());
                return null;
            });
            Map<BoundBlock, BatchRows> rows = timed(Phase.CAPTURE, this::finiteRows);
            if (rows == null) {
                return false;
            }
            timed(Phase.FACTORS, () -> {
                groups.forEach(group -> group.update(rows));
                return null;
            });
            if (plan.inversesDue(step.steps()) || !isReady()) {
                timed(Phase.INVERSES, this::refreshInverses);
            }
            return true;
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

    /** The rows of all blocks, or null if any of them is not finite: then the batch enters none of the factors. */
    private Map<BoundBlock, BatchRows> finiteRows() {
        Map<LayerSlot, List<BatchRows>> all = capture.rows();
        Map<BoundBlock, BatchRows> rows = new IdentityHashMap<>();
        for (BoundBlock block : blocks) {
            if (!all.containsKey(block.plan().slot())) {
                warnOfSilence("no derivative has reached layer '" + block.plan().name() + "' in the second pass");
                continue;
            }
            BatchRows own = block.rowsAmong(all);
            if (!own.isFinite()) {
                skip("inputs or derivatives of layer '" + block.plan().name()
                        + "' are not finite; the factors stay as they are");
                return null;
            }
            rows.put(block, own);
        }
        return rows;
    }

    private Void refreshInverses() {
        int iteration = network.iteration();
        int epoch = network.epoch();
        groups.forEach(
                group -> group.refresh(block -> block.damping(iteration, epoch, toMeans(), group.dampingFactor())));
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

    /** Parameters and updater state before a step that is to be taken back. */
    private record Snapshot(INDArray parameters, INDArray state) {

        static Snapshot of(Model model, NetworkView network) {
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                return new Snapshot(
                        model.params().dup(),
                        network.updater().getStateViewArray().dup());
            }
        }

        void restore(Model model, NetworkView network) {
            model.params().assign(parameters);
            network.updater().getStateViewArray().assign(state);
        }
    }

    List<BoundBlock> blocks() {
        return blocks;
    }

    StepReport report() {
        Map<Phase, Long> phases = new EnumMap<>(nanos);
        phases.put(Phase.PRECONDITIONING, step.nanos());
        return new StepReport(step.steps(), skippedBatches, lastDamping, step.klScale(), phases);
    }
}
