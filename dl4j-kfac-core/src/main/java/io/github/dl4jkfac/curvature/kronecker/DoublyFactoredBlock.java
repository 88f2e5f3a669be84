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
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Doubly factored K-FAC for layers with too many inputs for a matrix over all of them (Ba, Grosse, Martens 2017, sec. 4):
 * F ~ K x Psi x G, where K x Psi ~ A over inputs laid out as a matrix, channels by kernel elements where there is a kernel. G is that
 * of {@link KroneckerBlock}.
 *
 * <p>The bias is a part of its own, 1 x G: products of bias and weights are left out. Damping is factored over three factors,
 * (K + s_K I) x (Psi + s_Psi I) x (G + s_G I) with s_K s_Psi s_G = lambda and shifts in proportion to the mean diagonals; the bias
 * shares the damped G and so has (1 + s_K s_Psi)(G + s_G I), which holds G + lambda I too.
 *
 * <p>Where the number of inputs has no divisor near its square root the layout is padded by inputs that are always zero, and
 * preconditioning takes the part of the padded inverse that belongs to true inputs.
 */
public final class DoublyFactoredBlock implements CurvatureBlock {

    private static final String K = "K";
    private static final String PSI = "Psi";
    private static final String G = "G";
    private static final String K_INVERSE = "K_inverse";
    private static final String PSI_INVERSE = "Psi_inverse";
    private static final String G_INVERSE = "G_inverse";
    private static final String BIAS_INVERSE = "bias_inverse";

    /** Keeps the three factors and their inverses. */
    public static final SingleKind TYPE = new Type();

    private final BlockContext context;
    private final InputSplit split;
    private final KroneckerMoment inputs;
    private final INDArray outputFactor;
    private final DampedInverse inverseOfRows;
    private final DampedInverse inverseOfColumns;
    private final DampedInverse inverseOfOutputs;
    private final INDArray inverseOfBias;

    private DoublyFactoredBlock(BlockContext context) {
        BlockState state = context.state();
        this.context = context;
        this.split = InputSplit.of(context.shape());
        this.inputs = new KroneckerMoment(split, state.get(K), state.get(PSI));
        this.outputFactor = state.get(G);
        DegradationLog log = new DegradationLog(context.layer());
        this.inverseOfRows = new DampedInverse(K, state.get(K), state.get(K_INVERSE), context, log);
        this.inverseOfColumns = new DampedInverse(PSI, state.get(PSI), state.get(PSI_INVERSE), context, log);
        this.inverseOfOutputs = new DampedInverse(G, outputFactor, state.get(G_INVERSE), context, log);
        this.inverseOfBias = state.get(BIAS_INVERSE);
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        OuterProductRows outer = (OuterProductRows) rows;
        double keep = context.keep();
        inputs.update(outer, keep);
        context.solver().gramLower(outer.derivatives(), (1 - keep) / outer.samples(), keep, outputFactor);
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
        double rows = inputs.meanDiagonalRows(context.solver());
        double columns = inputs.meanDiagonalColumns(context.solver());
        double outputs = context.solver().meanDiagonal(outputFactor);
        ThreefoldDamping shifts = ThreefoldDamping.of(damping, rows, columns, outputs);
        return context.renewal(
                inverseOfRows.stage(shifts.onRows()),
                inverseOfColumns.stage(shifts.onColumns()),
                inverseOfOutputs.stage(shifts.onOutputs()),
                stageBias(Double.isFinite(rows * columns * outputs), shifts));
    }

    private Refresh stageBias(boolean finite, ThreefoldDamping shifts) {
        return new Refresh() {
            @Override
            public void compute() {
                // a single number
            }

            @Override
            public boolean commit() {
                if (finite) {
                    inverseOfBias.assign(1 / (1 + shifts.onRows() * shifts.onColumns()));
                }
                return finite;
            }
        };
    }

    @Override
    public boolean isReady() {
        return context.isReady();
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        gradient.mmuli(inverseOfOutputs.matrix(), out);
        int weights = context.shape().inputs();
        if (weights == split.size()) {
            for (int column = 0; column < out.size(1); column++) {
                INDArray v = asMatrix(out, column);
                solve(v, asMatrix(work, column));
            }
        } else {
            solvePadded(out);
        }
        if (context.shape().bias()) {
            out.getRow(weights).muli(inverseOfBias.getDouble(0, 0));
        }
    }

    /** One column's weights as [q,p], the column-major image of [p,q]; a view. */
    private INDArray asMatrix(INDArray matrix, int column) {
        return weights(matrix, column).reshape('f', split.columns(), split.rows());
    }

    private INDArray weights(INDArray matrix, int column) {
        return matrix.getColumn(column)
                .reshape(new long[] {matrix.size(0)})
                .get(NDArrayIndex.interval(0, context.shape().inputs()));
    }

    private void solve(INDArray v, INDArray work) {
        context.solver().sandwich(inverseOfColumns.matrix(), v, inverseOfRows.matrix(), work, v);
    }

    private void solvePadded(INDArray out) {
        long[] shape = {split.columns(), split.rows()};
        try (INDArray padded = Nd4j.create(out.dataType(), shape, 'f');
                INDArray work = Nd4j.create(out.dataType(), shape, 'f')) {
            INDArray vector = padded.reshape('f', new long[] {split.size()});
            for (int column = 0; column < out.size(1); column++) {
                INDArray weights = weights(out, column);
                padded.assign(0);
                vector.get(NDArrayIndex.interval(0, weights.length())).assign(weights);
                solve(padded, work);
                weights.assign(vector.get(NDArrayIndex.interval(0, weights.length())));
            }
        }
    }

    @Override
    public INDArray toDense() {
        long dA = context.shape().inputDimension();
        INDArray a = Nd4j.create(outputFactor.dataType(), new long[] {dA, dA}, 'f');
        inputs.writeTo(a, context.shape().inputs());
        if (context.shape().bias()) {
            a.putScalar(dA - 1, dA - 1, 1);
        }
        return new KroneckerFactors(a, outputFactor, context.solver()).toDense();
    }

    private static final class Type implements SingleKind {

        @Override
        public String name() {
            return "DoublyFactored";
        }

        @Override
        public List<Slice> slices(BlockShape shape) {
            InputSplit split = InputSplit.of(shape);
            int p = split.rows();
            int q = split.columns();
            int dG = shape.outputs();
            return List.of(
                    Slice.moment(K, p, Weight.NONE),
                    Slice.moment(PSI, q, Weight.NONE),
                    Slice.moment(G, dG, Weight.SAMPLES),
                    Slice.derived(K_INVERSE, p, p),
                    Slice.derived(PSI_INVERSE, q, q),
                    Slice.derived(G_INVERSE, dG, dG),
                    Slice.derived(BIAS_INVERSE, 1, 1));
        }

        @Override
        public CurvatureBlock create(BlockContext context) {
            return new DoublyFactoredBlock(context);
        }

        @Override
        public double refreshFlops(BlockShape shape) {
            InputSplit split = InputSplit.of(shape);
            return Math.pow(split.rows(), 3) + Math.pow(split.columns(), 3) + Math.pow(shape.outputs(), 3);
        }
    }
}
