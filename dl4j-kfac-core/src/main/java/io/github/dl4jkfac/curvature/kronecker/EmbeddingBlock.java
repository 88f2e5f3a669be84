package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.curvature.BatchCounts;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.BlockSums;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.DegradationLog;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import io.github.dl4jkfac.state.Slice.Weight;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * K-FAC's block of a table whose rows are looked up: with one-hot inputs A = E[a^T a] is exactly the diagonal of the tokens'
 * frequencies f, kept as a vector. G and the damping of the two factors are those of {@link KroneckerBlock}; the mean diagonal of A
 * is 1/V for a table of V rows. A token that was never seen has the damping alone.
 *
 * <p>With a bias abar = [a, 1], and A is an arrow: the diagonal f, bordered by f, and 1 in the corner. With D = diag(f) + s I and the
 * shift s of A, its damped inverse needs no matrix either: (A + s I)^-1 [W; b] has the last row
 * y = (b - f^T D^-1 W) / sigma, sigma = s (1 + sum_v f_v / (f_v + s)), and D^-1 W - D^-1 f y above it.
 */
public final class EmbeddingBlock implements CurvatureBlock {

    private static final String A = "A";
    private static final String G = "G";
    private static final String A_INVERSE = "A_inverse";
    private static final String G_INVERSE = "G_inverse";
    private static final String BORDER = "A_inverse_border";

    /** Keeps the frequencies [V,1], their damped inverses, and as without lookup G and its inverse. */
    public static final SingleKind TYPE = new Type();

    /** Least shift of A, relative to its mean diagonal: unseen tokens have nothing else. */
    private static final double LEAST_SHIFT = 1e-8;

    private final BlockContext context;
    private final INDArray frequencies;
    private final INDArray outputFactor;
    private final INDArray inverseOfInputs;
    private final DampedInverse inverseOfOutputs;
    private final DegradationLog log;

    private EmbeddingBlock(BlockContext context) {
        BlockState state = context.state();
        this.context = context;
        this.frequencies = state.get(A);
        this.outputFactor = state.get(G);
        this.inverseOfInputs = state.get(A_INVERSE);
        this.log = new DegradationLog(context.layer());
        this.inverseOfOutputs = new DampedInverse(G, outputFactor, state.get(G_INVERSE), context, log);
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        LookupRows lookups = (LookupRows) rows;
        double keep = context.keep();
        frequencies
                .muli(keep)
                .addi(column(lookups.counts(context.shape().inputs())).muli((1 - keep) / lookups.active()));
        context.solver().gramLower(lookups.derivatives(), (1 - keep) / lookups.samples(), keep, outputFactor);
        context.count();
    }

    private INDArray column(double[] values) {
        return Nd4j.create(values, new long[] {values.length, 1}, frequencies.dataType());
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
        // the frequencies sum to 1, and so does the bias
        double meanInputs =
                (context.shape().bias() ? 2.0 : 1.0) / context.shape().inputDimension();
        double meanOutputs = context.solver().meanDiagonal(outputFactor);
        FactoredDamping shifts = FactoredDamping.of(damping, meanInputs, meanOutputs);
        return context.renewal(
                inverseOfOutputs.stage(shifts.onOutputs()),
                stageInputs(Math.max(shifts.onInputs(), LEAST_SHIFT * meanInputs)));
    }

    /** The frequencies are a vector: there is nothing to compute in advance. */
    private Refresh stageInputs(double shift) {
        return new Refresh() {
            @Override
            public void compute() {
                // all of it is done in place
            }

            @Override
            public boolean commit() {
                boolean finite = Finite.isFinite(frequencies);
                if (finite) {
                    refreshInputs(shift);
                } else {
                    log.say(A, "is not finite; the last good inverse stays");
                }
                return finite;
            }
        };
    }

    private void refreshInputs(double shift) {
        inverseOfInputs.assign(frequencies.add(shift).rdivi(1));
        if (context.shape().bias()) {
            INDArray border = context.state().get(BORDER);
            INDArray share = frequencies.mul(inverseOfInputs);
            double sigma = shift * (1 + share.sumNumber().doubleValue());
            border.get(NDArrayIndex.interval(0, share.size(0)), NDArrayIndex.all())
                    .assign(share);
            border.putScalar(share.size(0), 0, 1 / sigma);
        }
    }

    @Override
    public boolean isReady() {
        return context.isReady();
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        gradient.mmuli(inverseOfOutputs.matrix(), work);
        context.solver().copyMatrix(work, out);
        long tokens = frequencies.size(0);
        INDArray table = out.get(NDArrayIndex.interval(0, tokens), NDArrayIndex.all());
        if (context.shape().bias()) {
            solveBias(work, table, out.getRow(tokens, true));
        } else {
            table.muliColumnVector(inverseOfInputs);
        }
    }

    private void solveBias(INDArray solved, INDArray table, INDArray bias) {
        long tokens = table.size(0);
        INDArray border = context.state().get(BORDER);
        INDArray share = border.get(NDArrayIndex.interval(0, tokens), NDArrayIndex.all());
        INDArray rows = solved.get(NDArrayIndex.interval(0, tokens), NDArrayIndex.all());
        try (INDArray sum = share.transpose().mmul(rows)) {
            bias.subi(sum).muli(border.getDouble(tokens, 0));
        }
        table.muliColumnVector(inverseOfInputs);
        try (INDArray product = share.mmul(bias)) {
            table.subi(product);
        }
    }

    /** A x G over the row-major vector of [dA,dG]. */
    @Override
    public INDArray toDense() {
        long tokens = frequencies.size(0);
        long dA = context.shape().inputDimension();
        INDArray a = Nd4j.create(frequencies.dataType(), new long[] {dA, dA}, 'f');
        for (long v = 0; v < tokens; v++) {
            a.putScalar(v, v, frequencies.getDouble(v, 0));
            if (context.shape().bias()) {
                a.putScalar(tokens, v, frequencies.getDouble(v, 0));
                a.putScalar(tokens, tokens, 1);
            }
        }
        return new KroneckerFactors(a, outputFactor, context.solver()).toDense();
    }

    private static final class Type implements SingleKind {

        @Override
        public String name() {
            return "Embedding";
        }

        @Override
        public List<Slice> slices(BlockShape shape) {
            int tokens = shape.inputs();
            int dG = shape.outputs();
            List<Slice> slices = new ArrayList<>(List.of(
                    Slice.statistic(A, tokens, 1, Weight.ROWS),
                    Slice.moment(G, dG, Weight.SAMPLES),
                    Slice.derived(A_INVERSE, tokens, 1),
                    Slice.derived(G_INVERSE, dG, dG)));
            if (shape.bias()) {
                slices.add(Slice.derived(BORDER, shape.inputDimension(), 1));
            }
            return slices;
        }

        @Override
        public CurvatureBlock create(BlockContext context) {
            return new EmbeddingBlock(context);
        }

        @Override
        public double refreshFlops(BlockShape shape) {
            return shape.inputs() + Math.pow(shape.outputs(), 3);
        }
    }
}
