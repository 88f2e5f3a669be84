package io.github.dl4jkfac.step;

import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.Segment;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** One curvature block's share of a step: a parameter matrix [dA,dG] inside a layer's flat gradient. */
public final class PartMatrix {

    private final CurvatureBlock block;
    private final BlockState state;
    private final GradientMatrix layout;
    private final INDArray update;

    /**
     * Creates the share, with memory for its update.
     *
     * @param block preconditions the gradient
     * @param state holds the momentum
     * @param segments the rows of the matrix, from the first to the last
     * @param offsets where each of DL4J's parameter arrays begins in the worker's flat gradient
     * @param solver copies matrices
     */
    public PartMatrix(
            CurvatureBlock block,
            BlockState state,
            List<Segment> segments,
            Map<String, Long> offsets,
            SymmetricSolver solver) {
        this.block = block;
        this.state = state;
        this.layout = new GradientMatrix(segments, offsets, solver);
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray momentum = state.momentum();
            this.update = Nd4j.createUninitialized(momentum.dataType(), momentum.shape(), 'f');
        }
    }

    long length() {
        return update.length();
    }

    /**
     * U = F_d^-1 V.
     *
     * @param gradient the worker's flat gradient; not modified
     * @param gradientScale factor that turns it into a mean over the batch
     * @param gradientBuffer overwritten with V
     * @param workBuffer overwritten
     * @return the inner product of U and V
     */
    double precondition(INDArray gradient, double gradientScale, INDArray gradientBuffer, INDArray workBuffer) {
        INDArray v = matrix(gradientBuffer);
        layout.gather(gradient, v);
        if (gradientScale != 1) {
            v.muli(gradientScale);
        }
        block.precondition(v, matrix(workBuffer), update);
        return Nd4j.getBlasWrapper().dot(flat(update), flat(v));
    }

    private INDArray matrix(INDArray buffer) {
        return buffer.get(NDArrayIndex.interval(0, update.length())).reshape('f', update.size(0), update.size(1));
    }

    /** m &lt;- mu m + nu U; gradient &lt;- m. */
    void write(double momentumFactor, double klScale, INDArray gradient) {
        INDArray momentum = state.momentum();
        momentum.muli(momentumFactor);
        Nd4j.getBlasWrapper().level1().axpy(momentum.length(), klScale, flat(update), flat(momentum));
        layout.scatter(momentum, gradient);
    }

    private static INDArray flat(INDArray contiguous) {
        return contiguous.reshape('f', new long[] {contiguous.length()});
    }
}
