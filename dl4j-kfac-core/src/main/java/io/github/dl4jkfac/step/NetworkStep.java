package io.github.dl4jkfac.step;

import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
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

    private final Map<NaturalGradientWorker, Part> parts = new IdentityHashMap<>();
    private final List<Part> order;
    private final double klClip;
    private final SymmetricSolver solver;
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
     * @param order the blocks in the order in which DL4J applies them
     * @param klClip bound of d^T F_d d; 0 for none
     */
    public NetworkStep(List<Part> order, double klClip, SymmetricSolver solver) {
        this.order = List.copyOf(order);
        this.klClip = klClip;
        this.solver = solver;
        long largest = 0;
        for (Part part : order) {
            parts.put(part.worker(), part);
            largest = Math.max(largest, part.worker().layout().parameters());
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

    /** nu of the last step. */
    public double klScale() {
        return klScale;
    }

    /** Nanoseconds spent in all steps so far. */
    public long nanos() {
        return nanos;
    }

    void apply(NaturalGradientWorker worker, INDArray gradient, int iteration, int epoch) {
        Part part = parts.get(worker);
        if (stage == Stage.CLOSED || part == null) {
            throw UnboundWorker.missingListener();
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

    private static void requireOwnGradient(Part part, INDArray gradient) {
        if (part.gradient().data().address() != gradient.data().address() || part.gradient().offset() != gradient.offset()) {
            throw new IllegalStateException("KFac: layer '" + part.worker().layout().layer()
                    + "' was given a gradient that its network did not compute. Natural-gradient steps need the network's own"
                    + " backward pass: call fit() on the network, or use another updater for external gradients.");
        }
    }

    private void prepare(Part first, int iteration, int epoch) {
        double squaredLength = 0;
        for (Part part : order) {
            Hyperparameters hyper = part.worker().hyperparameters();
            double rate = hyper.learningRateAt(iteration, epoch);
            if (part != first) {
                part.regularise(rate, iteration, epoch);
            }
            INDArray gradient = part.matrix(gradientBuffer);
            part.gather(gradient, gradientScale);
            part.block().precondition(gradient, part.matrix(workBuffer), part.update());
            squaredLength += rate * rate * Nd4j.getBlasWrapper().dot(flat(part.update()), flat(gradient));
        }
        if (squaredLength >= 0 && !Double.isInfinite(squaredLength)) {
            klScale = klClip > 0 && squaredLength > klClip ? Math.sqrt(klClip / squaredLength) : 1;
            stage = Stage.PREPARED;
        } else {
            LOG.warn("K-FAC step skipped at iteration {}: the preconditioned gradient has the squared length {}. "
                    + "An inverse is damaged or the gradient overflowed; raise the damping.", iteration, squaredLength);
            stage = Stage.SKIPPED;
        }
    }

    static INDArray flat(INDArray contiguous) {
        return contiguous.reshape('f', new long[] {contiguous.length()});
    }

    /** One block's share of a step. */
    public static final class Part {

        private final NaturalGradientWorker worker;
        private final CurvatureBlock block;
        private final INDArray gradient;
        private final Regulariser regulariser;
        private final GradientMatrix layout;
        private final INDArray update;

        /**
         * @param gradient DL4J's flat view of the block's gradient
         * @param regulariser adds L1 and L2 to that view
         */
        public Part(
                NaturalGradientWorker worker,
                CurvatureBlock block,
                INDArray gradient,
                Regulariser regulariser,
                SymmetricSolver solver) {
            this.worker = worker;
            this.block = block;
            this.gradient = gradient;
            this.regulariser = regulariser;
            this.layout = new GradientMatrix(worker.layout(), solver);
            try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                long dA = worker.layout().inputDimension();
                this.update = Nd4j.createUninitialized(
                        gradient.dataType(), new long[] {dA, worker.layout().outputs()}, 'f');
            }
        }

        NaturalGradientWorker worker() {
            return worker;
        }

        CurvatureBlock block() {
            return block;
        }

        INDArray gradient() {
            return gradient;
        }

        INDArray update() {
            return update;
        }

        INDArray matrix(INDArray buffer) {
            return buffer.get(NDArrayIndex.interval(0, update.length()))
                    .reshape('f', update.size(0), update.size(1));
        }

        void regularise(double rate, int iteration, int epoch) {
            regulariser.add(rate, iteration, epoch);
        }

        void gather(INDArray matrix, double scale) {
            layout.gather(gradient, matrix);
            if (scale != 1) {
                matrix.muli(scale);
            }
        }

        /** m &lt;- mu m + nu U; gradient &lt;- alpha m. */
        void write(double klScale, double rate) {
            INDArray momentum = worker.state().momentum();
            momentum.muli(worker.hyperparameters().momentum());
            Nd4j.getBlasWrapper().level1().axpy(momentum.length(), klScale, flat(update), flat(momentum));
            layout.scatter(momentum, gradient);
            gradient.muli(rate);
        }
    }

    /** Adds what DL4J adds to a gradient before the updater: L1 and L2. */
    @FunctionalInterface
    public interface Regulariser {
        /** @param learningRate of the block at this iteration */
        void add(double learningRate, int iteration, int epoch);
    }
}
