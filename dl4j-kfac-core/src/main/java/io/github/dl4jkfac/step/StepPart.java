package io.github.dl4jkfac.step;

import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** One block's share of a step. */
public final class StepPart {

    private final NaturalGradientWorker worker;
    private final CurvatureBlock block;
    private final INDArray gradient;
    private final Regulariser regulariser;
    private final GradientMatrix layout;
    private final INDArray update;

    /**
     * Creates the share of one block, with memory for its update.
     *
     * @param worker the worker that DL4J calls for the block
     * @param block preconditions the gradient
     * @param gradient DL4J's flat view of the block's gradient; each step overwrites it with the update
     * @param regulariser adds L1 and L2 to that view
     * @param solver copies matrices
     */
    public StepPart(
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
        return buffer.get(NDArrayIndex.interval(0, update.length())).reshape('f', update.size(0), update.size(1));
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

    /** The inner product of the update with a matrix of the same shape. */
    double updateDot(INDArray matrix) {
        return Nd4j.getBlasWrapper().dot(flat(update), flat(matrix));
    }

    private static INDArray flat(INDArray contiguous) {
        return contiguous.reshape('f', new long[] {contiguous.length()});
    }
}
