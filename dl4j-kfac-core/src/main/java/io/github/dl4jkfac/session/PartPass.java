package io.github.dl4jkfac.session;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.capture.BatchCapture;
import io.github.dl4jkfac.capture.DerivativeSource;
import io.github.dl4jkfac.capture.LayerSlot;
import io.github.dl4jkfac.capture.NetworkView;
import io.github.dl4jkfac.capture.probe.NetworkCopy;
import io.github.dl4jkfac.curvature.BatchStatistics;
import io.github.dl4jkfac.curvature.BlockSums;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.Magnitude;
import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.plan.Method;
import java.io.Serializable;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The passes of a copy of a network through parts of batches: forward, backward, and the sums that the curvature is made of. The copy has no
 * updater and takes no step. Passes of different copies may run at the same time, as long as the leader, whose blocks make the sums, takes no
 * step meanwhile.
 */
public final class PartPass {

    /** Numbers of steps and of parts are told apart by this factor in the seeds of their random numbers. */
    private static final long PART = 1L << 40;

    private final NetworkCopy copy;
    private final NetworkView network;
    private final BatchCapture capture;
    private final List<CurvatureGroup> groups;
    private final Method method;
    private final DerivativeSource source;
    private final Map<LayerSlot, LayerSlot> leaderSlots = new IdentityHashMap<>();
    private final SamplingStream stream;
    private final PartSums sums;
    private final RowsWorkspace memory = new RowsWorkspace();

    private boolean wanted;
    private long seed;
    private BatchStatistics statistics;
    private SkipReason obstacle;
    private String place;
    private SkipReason suspicion;

    /**
     * Makes the passes of a copy.
     *
     * @param leader the network that takes the steps
     * @param groups its curvature; none if it has no blocks
     * @param method whose options hold for the network; null if there are no groups
     * @param source where the derivatives come from that the statistics are made of
     * @param sums adds up several batches
     */
    PartPass(
            NetworkView leader,
            NetworkCopy copy,
            List<CurvatureGroup> groups,
            Method method,
            DerivativeSource source,
            PartSums sums) {
        this.sums = sums;
        this.copy = copy;
        this.network = NetworkView.of(copy.model());
        this.capture = new BatchCapture(network);
        this.groups = groups;
        this.method = method;
        this.source = source;
        this.stream = new SamplingStream(
                method == null ? 0 : method.hyperparameters().statistics().seed());
        for (int i = 0; i < leader.slots().size(); i++) {
            leaderSlots.put(network.slots().get(i), leader.slots().get(i));
        }
        copy.model().addListeners(new Hooks());
    }

    /**
     * When a pass is made.
     *
     * @param step how many steps the leader's curvature has seen
     * @param iteration DL4J's count
     * @param epoch DL4J's count
     * @param withStatistics whether the batch is to enter the statistics
     * @param withBatch whether the leader looks at the batch itself, to measure how long its step can be
     */
    public record Moment(long step, int iteration, int epoch, boolean withStatistics, boolean withBatch)
            implements Serializable {

        /** {@return the same moment, but that the batch does not enter the statistics} */
        public Moment withoutStatistics() {
            return new Moment(step, iteration, epoch, false, withBatch);
        }

        /** {@return the same moment, but that the leader looks at the batch} */
        public Moment andBatch() {
            return new Moment(step, iteration, epoch, withStatistics, true);
        }
    }

    /** {@return the copy's parameters, flat: to be set to the leader's before a pass} */
    public INDArray parameters() {
        return copy.model().params();
    }

    /**
     * Goes through a part of a batch that is too large for one pass.
     *
     * @param batches what makes up the part, at least one
     * @param moment of the leader's step
     * @param number of the part's first pass within the whole batch, as of {@link #run(MultiDataSet, Moment, int)}
     * @return what has been found in all of it
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public BatchPart run(List<MultiDataSet> batches, Moment moment, int number) {
        BatchPart first = run(batches.get(0), moment, number);
        if (batches.size() == 1) {
            return first;
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            BatchPart all = first.with(first.gradient().dup());
            for (int i = 1; i < batches.size(); i++) {
                all = sums.add(all, run(batches.get(i), moment, number + i), copy.model());
            }
            return all;
        }
    }

    /**
     * Goes through a part of a batch.
     *
     * @param batch the part
     * @param moment of the leader's step
     * @param number of the part within its batch; random numbers, such as those of dropout, depend on it and the step alone
     * @return what has been found
     * @throws UnsupportedOperationException if the statistics of some layer cannot be made of parts
     */
    public BatchPart run(MultiDataSet batch, Moment moment, int number) {
        wanted = moment.withStatistics() && !groups.isEmpty();
        seed = 1 + number * PART + moment.step(); // ND4J takes the seed 0 for "some seed"
        statistics = null;
        obstacle = null;
        place = null;
        suspicion = null;
        Nd4j.getRandom().setSeed(seed);
        copy.setTime(moment.iteration(), moment.epoch());
        int samples = (int) batch.getFeatures(0).size(0);
        try {
            copy.backward(batch);
            return new BatchPart(
                    network.gradient(), copy.model().score(), samples, statistics, obstacle, place, suspicion);
        } finally {
            capture.disarm();
            memory.end();
        }
    }

    private void afterBackward() {
        INDArray gradient = network.gradient();
        if (admits(new Magnitude(0, Finite.sumOfMagnitudes(gradient), network.batchSize()), "its gradient is")
                && capture.isArmed()
                && capture.isComplete()) {
            statistics = statistics();
        }
    }

    private BatchStatistics statistics() {
        Map<String, BlockSums> ofBlocks = new LinkedHashMap<>();
        try (RowsWorkspace.Scope filling = memory.begin()) {
            capture.complete(stream.at(seed));
            Map<LayerSlot, List<BatchRows>> ofLeader = new IdentityHashMap<>();
            capture.rows().forEach((slot, rows) -> ofLeader.put(leaderSlots.get(slot), rows));
            Map<BoundBlock, BatchRows> rows = BlockRows.of(groups, ofLeader, this::admits, silence -> {});
            if (rows == null) {
                return null;
            }
            groups.forEach(group -> ofBlocks.putAll(group.sums(rows)));
        }
        return new BatchStatistics(ofBlocks);
    }

    private boolean admits(Magnitude magnitude, String what) {
        if (!magnitude.isFinite()) {
            obstacle = suspicion == null ? Diagnosis.of(copy.model()) : suspicion;
            place = "; " + what + " not finite";
            return false;
        }
        if (suspicion == null && !magnitude.fits(network.gradient().dataType())) {
            suspicion = Diagnosis.of(copy.model());
        }
        return true;
    }

    private final class Hooks extends BaseTrainingListener {

        @Override
        public void onForwardPass(Model model, List<INDArray> activations) {
            arm();
        }

        @Override
        public void onForwardPass(Model model, Map<String, INDArray> activations) {
            arm();
        }

        private void arm() {
            if (wanted) {
                capture.arm(source, method.hyperparameters().statistics().statisticsFraction());
            }
        }

        @Override
        public void onBackwardPass(Model model) {
            afterBackward();
        }
    }
}
