package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.arrays.Reductions;
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
import io.github.dl4jkfac.curvature.rows.PatchInputs;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * K-FAC of convolutions whose input channels are taken to be uncorrelated from pixel to pixel (Grosse and Martens 2016, Theorem 4): with
 * the channels' mean mu and covariance S, of size C, and k kernel elements, the factor of patches and bias is
 * A = blockdiag(S x I_k, 0) + q^T q, q = [mu x 1_k, 1]. Only S is kept and inverted. G and the damping of the two factors are those of
 * {@link KroneckerBlock}.
 *
 * <p>mu and S are those of the pixels of the layer's input; where only patches are known, or some are masked, those of the patches'
 * pixels. Zeros that pad the border are pixels like others in the second case, and left out in the first.
 *
 * <p>With the shift s of A, rho = (S + s I)^-1 mu, m = k mu^T rho and h = 1 / (1 + s (1 + m)), Sherman and Morrison give
 * (A + s I)^-1 = [(S + s I)^-1 x I_k - s h r r^T, -h r; -h r^T, (1 + m) h], r = rho x 1_k; without bias, the part of the weights with
 * 1 / (1 + m) in place of s h.
 */
public final class SpatiallyUncorrelatedBlock implements CurvatureBlock {

    private static final String MOMENT = "moment";
    private static final String G = "G";
    private static final String S_INVERSE = "S_inverse";
    private static final String G_INVERSE = "G_inverse";
    private static final String MEAN = "S_inverse_mean";
    private static final String BORDER = "A_inverse_border";

    /** Keeps the second moment of [pixel, 1], [C + 1, C + 1], and G, and what their damped inverses take. */
    public static final SingleKind TYPE = new Type();

    private final BlockContext context;
    private final int channels;
    private final int window;
    private final InputMoment moment;
    private final INDArray outputFactor;
    private final INDArray inverseOfCovariance;
    private final DampedInverse inverseOfOutputs;
    private final DegradationLog log;

    private SpatiallyUncorrelatedBlock(BlockContext context) {
        BlockState state = context.state();
        this.context = context;
        this.window = context.shape().window();
        this.channels = channels(context.shape());
        this.moment = new InputMoment(state.get(MOMENT), context.solver());
        this.outputFactor = state.get(G);
        this.inverseOfCovariance = state.get(S_INVERSE);
        this.log = new DegradationLog(context.layer());
        this.inverseOfOutputs = new DampedInverse(G, outputFactor, state.get(G_INVERSE), context, log);
    }

    private static int channels(BlockShape shape) {
        return shape.inputs() / shape.window();
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        OuterProductRows outer = (OuterProductRows) rows;
        double keep = context.keep();
        OuterProductRows once = outer.inputsOnce();
        if (once.weights() == null && once.inputs() instanceof PatchInputs patches) {
            moment.update(patches.pixels(), keep);
        } else {
            moment.updateInterleaved(once, window, keep);
        }
        context.solver().gramLower(outer.derivatives(), (1 - keep) / outer.samples(), keep, outputFactor);
        context.count();
    }

    @Override
    public BlockSums sums(BatchRows rows) {
        BatchCounts counts = new BatchCounts(rows.active(), rows.samples(), pixels((OuterProductRows) rows), 0);
        return BlockSums.of(context, counts, alone -> TYPE.create(alone).update(rows));
    }

    private double pixels(OuterProductRows rows) {
        OuterProductRows once = rows.inputsOnce();
        return once.weights() == null && once.inputs() instanceof PatchInputs patches
                ? patches.pixels().size(0)
                : once.active() * window;
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
        double meanOutputs = context.solver().meanDiagonal(outputFactor);
        FactoredDamping shifts = FactoredDamping.of(damping, meanDiagonalInputs(), meanOutputs);
        return context.renewal(inverseOfOutputs.stage(shifts.onOutputs()), stageInputs(shifts.onInputs()));
    }

    private Refresh stageInputs(double shift) {
        return new Refresh() {

            private INDArray mean;
            private INDArray covariance;
            private Refresh ofCovariance;

            @Override
            @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
            public void compute() {
                if (Finite.isFinite(moment.matrix())) {
                    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                        mean = mean();
                        covariance = covariance(mean);
                    }
                    ofCovariance = new DampedInverse("S", covariance, inverseOfCovariance, context, log).stage(shift);
                    ofCovariance.compute();
                }
            }

            @Override
            public boolean commit() {
                if (ofCovariance == null) {
                    log.say("A", "is not finite; the last good inverse stays");
                    return false;
                }
                try (INDArray usedMean = mean) {
                    boolean renewed = ofCovariance.commit();
                    borderInverse(usedMean, shift);
                    covariance.close();
                    return renewed;
                }
            }
        };
    }

    /** tr A / dA, where tr (S + mu^T mu) is the trace of the pixels' second moment. */
    private double meanDiagonalInputs() {
        double pixels = context.solver().trace(moment.matrix()) - 1;
        return (window * pixels + (context.shape().bias() ? 1 : 0))
                / context.shape().inputDimension();
    }

    private void borderInverse(INDArray mean, double shift) {
        INDArray rho = inverseOfCovariance.mmul(mean);
        context.state().get(MEAN).assign(rho);
        double m = window * mean.mul(rho).sumNumber().doubleValue();
        INDArray border = context.state().get(BORDER);
        if (context.shape().bias()) {
            double h = 1 / (1 + shift * (1 + m));
            border.putScalar(0, 0, shift * h);
            border.putScalar(1, 0, h);
            border.putScalar(2, 0, (1 + m) * h);
        } else {
            border.putScalar(0, 0, 1 / (1 + m));
        }
    }

    /** mu, a copy, [C,1]. */
    private INDArray mean() {
        return moment.matrix()
                .getRow(channels)
                .get(NDArrayIndex.interval(0, channels))
                .dup()
                .reshape('f', channels, 1);
    }

    /** S, of which the lower triangle means something. */
    private INDArray covariance(INDArray mean) {
        INDArray pixels = moment.matrix()
                .get(NDArrayIndex.interval(0, channels), NDArrayIndex.interval(0, channels))
                .dup('f');
        return pixels.subi(mean.mmul(mean.transpose()));
    }

    @Override
    public boolean isReady() {
        return context.isReady();
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        gradient.mmuli(inverseOfOutputs.matrix(), work);
        long outputs = work.size(1);
        INDArray rho = context.state().get(MEAN);
        try (INDArray weights =
                Nd4j.createUninitialized(work.dataType(), new long[] {channels, window * outputs}, 'f')) {
            weights.reshape('f', channels, window, outputs).assign(byChannel(work));
            try (INDArray products = inverseOfCovariance.mmul(weights);
                    INDArray alongMean = rho.transpose().mmul(weights);
                    INDArray sums = Reductions.sum(alongMean.reshape('f', window, outputs), true, 0);
                    INDArray correction = correction(work, sums)) {
                alongMean.reshape('f', window, outputs).assign(correction.broadcast(window, outputs));
                products.subi(rho.mmuli(alongMean, weights));
                byChannel(out).assign(products.reshape('f', channels, window, outputs));
                if (context.shape().bias()) {
                    solveBias(work, sums, out);
                }
            }
        }
    }

    /** What is taken from the weights along r: s h r^T W + h b, or r^T W / (1 + m) without bias; [1,dG]. */
    private INDArray correction(INDArray solved, INDArray sums) {
        INDArray border = context.state().get(BORDER);
        INDArray correction = sums.mul(border.getDouble(0, 0));
        if (context.shape().bias()) {
            try (INDArray share = solved.getRow(context.shape().inputs(), true).mul(border.getDouble(1, 0))) {
                correction.addi(share);
            }
        }
        return correction;
    }

    private void solveBias(INDArray solved, INDArray sums, INDArray out) {
        INDArray border = context.state().get(BORDER);
        long row = context.shape().inputs();
        out.getRow(row, true).assign(solved.getRow(row, true)).muli(border.getDouble(2, 0));
        out.getRow(row, true).subi(sums.muli(border.getDouble(1, 0)));
    }

    /** The weights of [dA,dG] as [C, k, dG], a view. */
    private INDArray byChannel(INDArray matrix) {
        return matrix.get(NDArrayIndex.interval(0, context.shape().inputs()), NDArrayIndex.all())
                .reshape('f', window, channels, matrix.size(1))
                .permute(1, 0, 2);
    }

    /** A x G over the row-major vector of [dA,dG]. */
    @Override
    public INDArray toDense() {
        long dA = context.shape().inputDimension();
        long inputs = context.shape().inputs();
        INDArray pixels = moment.matrix();
        INDArray a = Nd4j.create(pixels.dataType(), new long[] {dA, dA}, 'f');
        for (long i = 0; i < dA; i++) {
            for (long j = 0; j <= i; j++) {
                double meanI = i < inputs ? pixels.getDouble(channels, i / window) : 1;
                double meanJ = j < inputs ? pixels.getDouble(channels, j / window) : 1;
                boolean samePixel = i < inputs && i % window == j % window;
                a.putScalar(i, j, samePixel ? pixels.getDouble(i / window, j / window) : meanI * meanJ);
            }
        }
        return new KroneckerFactors(a, outputFactor, context.solver()).toDense();
    }

    private static final class Type implements SingleKind {

        @Override
        public String name() {
            return "SpatiallyUncorrelated";
        }

        @Override
        public List<Slice> slices(BlockShape shape) {
            int channels = channels(shape);
            int dG = shape.outputs();
            return List.of(
                    Slice.moment(MOMENT, channels + 1, Slice.Weight.PIXELS),
                    Slice.moment(G, dG, Slice.Weight.SAMPLES),
                    Slice.derived(S_INVERSE, channels, channels),
                    Slice.derived(G_INVERSE, dG, dG),
                    Slice.derived(MEAN, channels, 1),
                    Slice.derived(BORDER, 3, 1));
        }

        @Override
        public CurvatureBlock create(BlockContext context) {
            return new SpatiallyUncorrelatedBlock(context);
        }

        @Override
        public double refreshFlops(BlockShape shape) {
            return Math.pow(channels(shape), 3) + Math.pow(shape.outputs(), 3);
        }
    }
}
