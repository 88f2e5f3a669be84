package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.curvature.BatchCounts;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.BlockSums;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.DegradationLog;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import io.github.dl4jkfac.state.Slice.Weight;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * K-FAC's block: F ~ A x G, preconditioning U = (A + pi gamma I)^-1 V (G + gamma/pi I)^-1 (Martens and Grosse 2015, sec. 3 and
 * 6.3). Keeps everything in the layer's slices of the updater state and nothing of its own.
 */
public final class KroneckerBlock implements CurvatureBlock {

    private static final String A = "A";
    private static final String G = "G";
    private static final String A_INVERSE = "A_inverse";
    private static final String G_INVERSE = "G_inverse";

    /** Keeps both factors and both inverses. */
    public static final SingleKind TYPE = new Type();

    private final BlockContext context;
    private final KroneckerFactors factors;
    private final DampedInverse inverseOfInputs;
    private final DampedInverse inverseOfOutputs;

    private KroneckerBlock(BlockContext context) {
        BlockState state = context.state();
        this.context = context;
        this.factors = new KroneckerFactors(state.get(A), state.get(G), context.solver());
        DegradationLog log = new DegradationLog(context.layer());
        this.inverseOfInputs = new DampedInverse(A, state.get(A), state.get(A_INVERSE), context, log);
        this.inverseOfOutputs = new DampedInverse(G, state.get(G), state.get(G_INVERSE), context, log);
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        factors.update((OuterProductRows) rows, context.keep());
        context.count();
    }

    @Override
    public BlockSums sums(BatchRows rows) {
        return BlockSums.of(
                context, BatchCounts.of(rows), alone -> TYPE.create(alone).update(rows));
    }

    @Override
    public void fold(BlockSums sums) {
        sums.foldInto(context);
    }

    @Override
    public Refresh stage(double damping) {
        if (context.state().statistics() == 0) {
            return Refresh.NONE;
        }
        FactoredDamping shifts =
                FactoredDamping.of(damping, factors.meanDiagonalInputs(), factors.meanDiagonalOutputs());
        return context.renewal(inverseOfInputs.stage(shifts.onInputs()), inverseOfOutputs.stage(shifts.onOutputs()));
    }

    @Override
    public boolean isReady() {
        return context.isReady();
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        context.solver().sandwich(inverseOfInputs.matrix(), gradient, inverseOfOutputs.matrix(), work, out);
    }

    @Override
    public INDArray toDense() {
        return factors.toDense();
    }

    private static final class Type implements SingleKind {

        @Override
        public String name() {
            return "Kronecker";
        }

        @Override
        public List<Slice> slices(BlockShape shape) {
            int dA = shape.inputDimension();
            int dG = shape.outputs();
            return List.of(
                    Slice.moment(A, dA, Weight.ROWS),
                    Slice.moment(G, dG, Weight.SAMPLES),
                    Slice.derived(A_INVERSE, dA, dA),
                    Slice.derived(G_INVERSE, dG, dG));
        }

        @Override
        public CurvatureBlock create(BlockContext context) {
            return new KroneckerBlock(context);
        }

        @Override
        public double refreshFlops(BlockShape shape) {
            return Math.pow(shape.inputDimension(), 3) + Math.pow(shape.outputs(), 3);
        }
    }
}
