package io.github.dl4jkfac.step;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * <p>and each block then takes its share: m &lt;- mu m + nu U, update = alpha m.
 */
public final class NetworkStep {

    private static final Logger LOG = LoggerFactory.getLogger(NetworkStep.class);

    private final Map<NaturalGradientWorker, StepPart> parts = new IdentityHashMap<>();
    private final List<StepPart> order;
    private final INDArray gradientBuffer;
    private final INDArray workBuffer;

    private enum Stage {
        CLOSED,
        OPEN,
        PREPARED,
        SKIPPED
    }

    private Stage stage = Stage.CLOSED;
    private int pending;
    private double gradientScale = 1;
    private double klScale = 1;
    private long nanos;

    /**
     * Creates the step of a network, with buffers of the size of its largest block.
     *
     * @param order the blocks, at least one, in the order in which DL4J applies them
     */
    public NetworkStep(List<StepPart> order) {
        this.order = List.copyOf(order);
        long largest = 0;
        for (StepPart part : order) {
            parts.put(part.worker(), part);
            largest = Math.max(largest, part.largest());
        }
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray like = order.get(0).gradient();
            gradientBuffer = Nd4j.createUninitialized(like.dataType(), largest);
            workBuffer = Nd4j.createUninitialized(like.dataType(), largest);
        }
    }

    /**
     * Announces the gradients of one step.
     *
     * @param gradientScale factor that turns DL4J's gradient into a mean over the batch
     * @param skip whether this step leaves all parameters and the momentum as they are
     */
    public void open(double gradientScale, boolean skip) {
        this.gradientScale = gradientScale;
        stage = skip ? Stage.SKIPPED : Stage.OPEN;
        pending = order.size();
    }

    /** {@return nu of the last step, in (0,1]; 1 before the first} */
    public double klScale() {
        return klScale;
    }

    /** {@return the nanoseconds spent in all steps so far} */
    public long nanos() {
        return nanos;
    }

    void apply(NaturalGradientWorker worker, INDArray gradient, int iteration, int epoch) {
        StepPart part = parts.get(worker);
        if (stage == Stage.CLOSED || part == null) {
            throw StatelessWorker.missingListener();
        }
        requireOwnGradient(part, gradient);
        long start = System.nanoTime();
        if (stage == Stage.OPEN) {
            prepare(part, iteration, epoch);
        }
        if (stage == Stage.SKIPPED) {
            gradient.assign(0);
        } else {
            part.write(klScale, part.worker().hyperparameters().learningRateAt(iteration, epoch));
        }
        part.worker().state().setSteps(part.worker().state().steps() + 1);
        if (--pending == 0) {
            stage = Stage.CLOSED;
        }
        nanos += System.nanoTime() - start;
    }

    private static void requireOwnGradient(StepPart part, INDArray gradient) {
        if (part.gradient().data().address() != gradient.data().address()
                || part.gradient().offset() != gradient.offset()) {
            throw new IllegalStateException(
                    "KFac: layer '" + part.worker().layout().layer()
                            + "' was given a gradient that its network did not compute. Natural-gradient steps need the network's own"
                            + " backward pass: call fit() on the network, or use another updater for external gradients.");
        }
    }

    private void prepare(StepPart first, int iteration, int epoch) {
        double squaredLength = 0;
        for (StepPart part : order) {
            double rate = part.worker().hyperparameters().learningRateAt(iteration, epoch);
            if (part != first) {
                part.regulariser().add(rate, iteration, epoch);
            }
            squaredLength += rate * rate * part.precondition(gradientScale, gradientBuffer, workBuffer);
        }
        if (squaredLength >= 0 && !Double.isInfinite(squaredLength)) {
            double bound = first.worker().hyperparameters().klClipAt(iteration, epoch);
            klScale = squaredLength > bound ? Math.sqrt(bound / squaredLength) : 1;
            stage = Stage.PREPARED;
        } else {
            LOG.warn(
                    "K-FAC step skipped at iteration {}: the preconditioned gradient has the squared length {}. "
                            + "An inverse is damaged or the gradient overflowed; raise the damping.",
                    iteration,
                    squaredLength);
            stage = Stage.SKIPPED;
        }
    }
}
