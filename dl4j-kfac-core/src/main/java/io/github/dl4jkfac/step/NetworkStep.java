package io.github.dl4jkfac.step;

import io.github.dl4jkfac.step.StepController.Coefficients;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One network's step over all its curvature blocks. DL4J applies updaters block by block, but the size of the step depends on
 * all blocks, so the whole step is prepared when the first block asks for its update:
 *
 * <ol>
 *   <li>complete the gradients: DL4J has added L1 and L2 to the first block only;
 *   <li>precondition: U = F_d^-1 V, block by block;
 *   <li>size: nu = min(1, sqrt(kl / sum alpha^2 &lt;U,V&gt;)) (Ba, Grosse, Martens 2017, sec. 5), so that the step d = alpha nu U has
 *       d^T F_d d &lt;= kl;
 * </ol>
 *
 * <p>A {@link StepController} may have a look at it then. Each block takes its share, with the momentum of its updater ({@link Momentum}).
 * Shares without curvature take their step by themselves.
 *
 * <p>DL4J subtracts the updates when the last worker has been called, so until then the step can still be left out: it is if any share's
 * update is not finite, or would lead to parameters that are not.
 */
public final class NetworkStep {

    private final Map<BoundWorker, UpdaterShare> shares = new IdentityHashMap<>();
    private final List<UpdaterShare> order;
    private final List<StepGroup> groups;
    private final INDArray gradientBuffer;
    private final INDArray workBuffer;

    private enum Stage {
        CLOSED,
        OPEN,
        PREPARED,
        SKIPPED
    }

    /** What has become of a step. */
    public enum Outcome {
        /** No worker has been called, or the step was announced as one to be left out. */
        NONE,
        /** The parameters get their updates. */
        TAKEN,
        /** Left out: the preconditioned gradient is not finite. */
        NOT_FINITE,
        /** Left out: it would lead uphill. */
        UPHILL,
        /** Left out by the judge; momentum goes on. */
        REFUSED,
        /** Left out: the updates or the parameters behind them would not be finite. */
        UPDATE_NOT_FINITE;

        /** {@return false if the step has come to nothing because something in it is not finite} */
        public boolean isSound() {
            return this != NOT_FINITE && this != UPDATE_NOT_FINITE;
        }
    }

    private Stage stage = Stage.CLOSED;
    private Outcome outcome = Outcome.NONE;
    private Runnable whenPrepared = () -> {};
    private int pending;
    private double gradientScale = 1;
    private double klScale = 1;
    private double klBound = Double.NaN;
    private Coefficients coefficients = Coefficients.ALL;
    private StepController controller = proposal -> Coefficients.ALL;
    private Preconditioner preconditioner = this::preconditionHere;
    private long nanos;

    /**
     * Creates the step of a network, with buffers of the size of its largest matrix.
     *
     * @param order what DL4J asks each worker for, at least one, in the order in which DL4J applies them
     * @param groups the matrices of all shares, by the curvature that preconditions them; none if no share has curvature
     */
    public NetworkStep(List<UpdaterShare> order, List<? extends StepGroup> groups) {
        this.order = List.copyOf(order);
        this.groups = List.copyOf(groups);
        order.forEach(share -> shares.put(share.worker(), share));
        long largest = groups.stream()
                .flatMap(group -> group.matrices().stream())
                .mapToLong(ParameterMatrix::length)
                .max()
                .orElse(1);
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray like = order.get(0).gradient();
            gradientBuffer = Nd4j.createUninitialized(like.dataType(), largest);
            workBuffer = Nd4j.createUninitialized(like.dataType(), largest);
        }
    }

    /**
     * Lets somebody look at each step before it is taken.
     *
     * @param newController says how much of a step is taken
     */
    public void controlBy(StepController newController) {
        controller = newController;
    }

    /**
     * Lets somebody else precondition.
     *
     * @param newPreconditioner preconditions the gradients of all groups, in place of the groups themselves
     */
    public void preconditionBy(Preconditioner newPreconditioner) {
        preconditioner = newPreconditioner;
    }

    /**
     * Announces the gradients of one step.
     *
     * @param gradientScale factor that turns DL4J's gradient into a mean over the batch
     * @param skip whether this step leaves all parameters and the momentum as they are
     * @param whenPrepared called once all gradients have been preconditioned, or have failed to be; never if the step is skipped
     */
    public void open(double gradientScale, boolean skip, Runnable whenPrepared) {
        this.gradientScale = gradientScale;
        this.whenPrepared = whenPrepared;
        stage = skip ? Stage.SKIPPED : Stage.OPEN;
        outcome = Outcome.NONE;
        pending = order.size();
    }

    /** Ends the step, complete or not: until the next is announced, no worker can step. */
    public void close() {
        stage = Stage.CLOSED;
        whenPrepared = () -> {};
    }

    /** {@return what has become of the last step that was announced} */
    public Outcome outcome() {
        return outcome;
    }

    /** {@return the number of steps taken} */
    public long steps() {
        return order.get(0).worker().steps();
    }

    /** {@return nu of the last step, in (0,1]; 1 before the first} */
    public double klScale() {
        return klScale;
    }

    /** {@return the bound of the last step's squared length; infinite if there is none, NaN before the first step} */
    public double klBound() {
        return klBound;
    }

    /** {@return the nanoseconds spent in all steps so far} */
    public long nanos() {
        return nanos;
    }

    void apply(BoundWorker worker, INDArray gradient, int iteration, int epoch) {
        UpdaterShare share = shares.get(worker);
        if (stage == Stage.CLOSED || share == null) {
            throw MissingListener.of(worker.getConfig());
        }
        requireOwnGradient(share, gradient);
        long start = System.nanoTime();
        if (stage == Stage.OPEN) {
            try {
                prepare(share, iteration, epoch);
            } finally {
                whenPrepared.run();
            }
        }
        if (stage == Stage.SKIPPED) {
            gradient.assign(0);
        } else {
            double rate = rate(worker, iteration, epoch);
            share.write(gradientScale, klScale, coefficients, rate);
            // ND4J takes a factor that is NaN for zero
            if (!Double.isFinite(rate) || !share.leadsToFiniteParameters()) {
                outcome = Outcome.UPDATE_NOT_FINITE;
            }
        }
        worker.setSteps(worker.steps() + 1);
        if (--pending == 0) {
            stage = Stage.CLOSED;
            if (outcome == Outcome.UPDATE_NOT_FINITE) {
                order.forEach(UpdaterShare::leaveOut);
            }
        }
        nanos += System.nanoTime() - start;
    }

    private static double rate(BoundWorker worker, int iteration, int epoch) {
        return worker.hyperparameters().learningRateAt(iteration, epoch);
    }

    private static void requireOwnGradient(UpdaterShare share, INDArray gradient) {
        if (share.gradient().data().address() != gradient.data().address()
                || share.gradient().offset() != gradient.offset()) {
            throw new IllegalStateException("Layer '" + share.worker().layer()
                    + "' was given a gradient that its network did not compute. " + MissingListener.OUTSIDE_FIT);
        }
    }

    private void prepare(UpdaterShare first, int iteration, int epoch) {
        for (UpdaterShare share : order) {
            if (share != first) {
                share.regulariser().add(rate(share.worker(), iteration, epoch), iteration, epoch);
            }
        }
        StepProposal proposal = propose(iteration, epoch);
        preconditioner.precondition((matrix, v) -> proposal.take(matrix, v, controller.choosesLength()), gradientScale);
        double squaredLength = proposal.wholeSquaredLength();
        if (!Double.isFinite(squaredLength) || squaredLength < 0) {
            outcome = squaredLength < 0 && Double.isFinite(squaredLength) ? Outcome.UPHILL : Outcome.NOT_FINITE;
            stage = Stage.SKIPPED;
            return;
        }
        klBound = controller.choosesLength() ? Double.POSITIVE_INFINITY : klClip(iteration, epoch);
        klScale = squaredLength > klBound ? Math.sqrt(klBound / squaredLength) : 1;
        proposal.scaleTo(klScale);
        coefficients = proposal.rate() > 0 ? controller.control(proposal) : Coefficients.ALL;
        outcome = coefficients.share() > 0 ? Outcome.TAKEN : Outcome.REFUSED;
        stage = Stage.PREPARED;
    }

    private void preconditionHere(BiConsumer<ParameterMatrix, INDArray> products, double scale) {
        for (StepGroup group : groups) {
            group.precondition(products, scale, gradientBuffer, workBuffer);
        }
    }

    private StepProposal propose(int iteration, int epoch) {
        StepProposal proposal = new StepProposal();
        for (UpdaterShare share : order) {
            if (share instanceof CurvatureShare layer) {
                proposal.add(layer, rate(share.worker(), iteration, epoch));
            }
        }
        return proposal;
    }

    /** The bound is that of the whole network; shares without curvature have none. */
    private double klClip(int iteration, int epoch) {
        return groups.stream()
                .findFirst()
                .map(group -> group.matrices().get(0).worker().hyperparameters().klClipAt(iteration, epoch))
                .orElse(Double.POSITIVE_INFINITY);
    }
}
