package io.github.dl4jkfac.step;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What one curvature block preconditions: a parameter matrix [dA,dG] inside a layer's flat gradient. */
public final class ParameterMatrix {

    private final NaturalGradientWorker worker;
    private final INDArray gradient;
    private final BlockState state;
    private final MatrixLayout layout;
    private final INDArray update;
    private final Momentum kind;

    /**
     * Creates the share, with memory for its update.
     *
     * @param worker the worker that DL4J calls for these parameters
     * @param gradient the worker's flat gradient, DL4J's own view
     * @param state holds the momentum
     * @param segments the rows of the matrix, from the first to the last
     * @param offsets where each of DL4J's parameter arrays begins in the worker's flat gradient
     * @param kind where the momentum stands
     * @param solver copies matrices
     */
    public ParameterMatrix(
            NaturalGradientWorker worker,
            INDArray gradient,
            BlockState state,
            List<Segment> segments,
            Map<String, Long> offsets,
            Momentum kind,
            SymmetricSolver solver) {
        this.worker = worker;
        this.gradient = gradient;
        this.state = state;
        this.kind = kind;
        this.layout = new MatrixLayout(segments, offsets, solver);
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray momentum = state.momentum();
            this.update = Nd4j.createUninitialized(momentum.dataType(), momentum.shape(), 'f');
        }
    }

    long length() {
        return update.length();
    }

    NaturalGradientWorker worker() {
        return worker;
    }

    /** The momentum, which is the last step in units of its learning rate; a view. */
    public INDArray momentum() {
        return state.momentum();
    }

    /** U, [dA,dG]: what preconditioning has made of the gradient. */
    public INDArray update() {
        return update;
    }

    /**
     * V as a matrix.
     *
     * @param scale factor that turns DL4J's gradient into a mean over the batch
     * @param into [dA,dG], overwritten
     */
    public void gather(double scale, INDArray into) {
        layout.gather(gradient, into);
        if (scale != 1) {
            into.muli(scale);
        }
    }

    /** The first entries of a buffer as a matrix of this shape. */
    public INDArray matrix(INDArray buffer) {
        return buffer.get(NDArrayIndex.interval(0, update.length())).reshape('f', update.size(0), update.size(1));
    }

    /** The inner product of U and V. */
    public double dot(INDArray v) {
        return Nd4j.getBlasWrapper().dot(flat(update), flat(v));
    }

    /**
     * Folds a gradient into the momentum, where that is one of gradients, and replaces it by their bias-corrected average. One that is not
     * finite stays out, and as it is.
     *
     * @param v [dA,dG], the mean gradient; overwritten with what is to be preconditioned
     */
    public void average(INDArray v) {
        if (kind == Momentum.OF_GRADIENTS && Finite.isFinite(v)) {
            double mu = worker.hyperparameters().step().momentum();
            state.momentum().muli(mu).addi(v.muli(1 - mu));
            v.assign(state.momentum()).divi(1 - Math.pow(mu, worker.steps() + 1));
        }
    }

    /** The inner product of the momentum and V. */
    double dotMomentum(INDArray v) {
        return Nd4j.getBlasWrapper().dot(flat(state.momentum()), flat(v));
    }

    /** U times a factor into the gradient. */
    void propose(double factor) {
        scatter(update, factor);
    }

    /** The momentum times a factor into the gradient. */
    void proposeMomentum(double factor) {
        scatter(state.momentum(), factor);
    }

    private void scatter(INDArray matrix, double factor) {
        layout.scatter(factor == 1 ? matrix : matrix.mul(factor), gradient);
    }

    /**
     * The step without its rate into the gradient: the share of U, or the momentum that it enters.
     *
     * @param share of U that is taken
     * @param mu what is left of the momentum; empty for the updater's own
     */
    void write(double share, OptionalDouble mu) {
        if (kind == Momentum.OF_GRADIENTS) {
            layout.scatter(share == 1 ? update : update.muli(share), gradient);
            return;
        }
        INDArray momentum = state.momentum();
        momentum.muli(mu.orElse(worker.hyperparameters().step().momentum()));
        Nd4j.getBlasWrapper().level1().axpy(momentum.length(), share, flat(update), flat(momentum));
        layout.scatter(momentum, gradient);
    }

    private static INDArray flat(INDArray contiguous) {
        return contiguous.reshape('f', new long[] {contiguous.length()});
    }
}
