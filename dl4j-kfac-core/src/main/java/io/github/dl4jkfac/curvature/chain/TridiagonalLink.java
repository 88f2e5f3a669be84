package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.DegradationLog;
import io.github.dl4jkfac.curvature.kronecker.FactoredDamping;
import io.github.dl4jkfac.curvature.kronecker.KroneckerFactors;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.RobustInverse;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import io.github.dl4jkfac.state.Slice.Weight;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * One layer i of a {@link TridiagonalBlock}, all of it in slices of the layer's state: its own moments A_i, G_i, those with the next
 * layer, A_next = E[abar_(i+1)^T abar_i] and G_next = E[g_(i+1)^T g_i], and its share of the inverse, which is
 *
 * <ul>
 *   <li>Psi_a = A_(i+1)^-1 A_next and Psi_g likewise, of damped A_(i+1): the regression of this layer's gradient on the next one's;
 *   <li>the inverse of S_i = A_i x G_i - (A_next^T A_(i+1)^-1 A_next) x (G_next^T G_(i+1)^-1 G_next), the part of this layer's gradient
 *       that the next one's does not determine; all of it in the last layer.
 * </ul>
 *
 * <p>Psi_a and Psi_g are the transposes of the Psi of Martens and Grosse (2015, sec. 4.3).
 */
final class TridiagonalLink {

    /** Least part of a mode of S_i, as variance, that the next layer does not determine; bounds the inverse. */
    static final double FLOOR = 1e-3;

    private static final String A = "A";
    private static final String G = "G";
    private static final String A_NEXT = "A_next";
    private static final String G_NEXT = "G_next";
    private static final String REGRESSION_OF_INPUTS = "A_inverse_regression";
    private static final String REGRESSION_OF_OUTPUTS = "G_inverse_regression";

    private final BlockContext context;
    private final KroneckerFactors own;
    private final INDArray inputsWithNext;
    private final INDArray outputsWithNext;
    private final INDArray regressionOfInputs;
    private final INDArray regressionOfOutputs;
    private final ModalInverse remainder;
    private final DegradationLog log;

    /**
     * One batch as the layer sees it.
     *
     * @param inputs the rows without repetitions of their inputs
     * @param activeInputs their matrix, zero where a mask leaves rows out
     */
    record Batch(OuterProductRows rows, OuterProductRows inputs, INDArray activeInputs) {}

    /** Second moments of the one layer's inputs and derivatives with the other's. */
    record Moments(INDArray inputs, INDArray outputs) {}

    /** W^T M W = I for both damped moments M of the layer. */
    record Whitenings(INDArray inputs, INDArray outputs) {}

    /** A share of the inverse that is not yet in force. */
    record Share(Modes inputs, Modes outputs, INDArray gains) {

        boolean isFinite() {
            return inputs.isFinite() && outputs.isFinite() && Finite.isFinite(gains);
        }
    }

    /** @param last whether the chain ends here */
    TridiagonalLink(BlockContext context, boolean last) {
        BlockState state = context.state();
        this.context = context;
        this.own = new KroneckerFactors(state.get(A), state.get(G), context.solver());
        this.inputsWithNext = last ? null : state.get(A_NEXT);
        this.outputsWithNext = last ? null : state.get(G_NEXT);
        this.regressionOfInputs = last ? null : state.get(REGRESSION_OF_INPUTS);
        this.regressionOfOutputs = last ? null : state.get(REGRESSION_OF_OUTPUTS);
        this.remainder = new ModalInverse(state, context.solver());
        this.log = new DegradationLog(context.layer());
    }

    static List<Slice> slices(BlockShape shape, BlockShape next) {
        int dA = shape.inputDimension();
        int dG = shape.outputs();
        List<Slice> slices =
                new ArrayList<>(List.of(Slice.moment(A, dA, Weight.ROWS), Slice.moment(G, dG, Weight.SAMPLES)));
        if (next != null) {
            slices.add(Slice.statistic(A_NEXT, next.inputDimension(), dA, Weight.ROW_PAIRS));
            slices.add(Slice.statistic(G_NEXT, next.outputs(), dG, Weight.SAMPLES));
            slices.add(Slice.derived(REGRESSION_OF_INPUTS, next.inputDimension(), dA));
            slices.add(Slice.derived(REGRESSION_OF_OUTPUTS, next.outputs(), dG));
        }
        slices.addAll(ModalInverse.slices(shape));
        return slices;
    }

    /** Numbers of scratch memory that the sweeps need. */
    long scratch(TridiagonalLink next) {
        long inputs = context.shape().inputDimension();
        return inputs
                * Math.max(
                        context.shape().outputs(),
                        next == null ? 0 : next.context.shape().outputs());
    }

    Batch batch(OuterProductRows rows) {
        OuterProductRows once = rows.inputsOnce();
        return new Batch(rows, once, once.activeInputs(context.shape().inputDimension(), context.solver()));
    }

    /**
     * Folds one batch into the moments. Where the two layers' masks differ, A_next is divided by the geometric mean of their numbers of
     * active rows: then the moments of both layers together stay a Gram matrix, as S_i &gt; 0 needs, and A_i stays a mean.
     *
     * @param next the batch as the next layer sees it; null if this is the last
     * @param keep weight of the old averages, in [0,1)
     */
    void update(Batch batch, Batch next, double keep) {
        OuterProductRows rows = batch.rows();
        own.update(rows, keep);
        if (next != null) {
            double active = Math.sqrt(batch.inputs().active() * next.inputs().active());
            Products.multiplyTransposed(
                    next.activeInputs(), batch.activeInputs(), inputsWithNext, (1 - keep) / active, keep);
            Products.multiplyTransposed(
                    next.rows().derivatives(), rows.derivatives(), outputsWithNext, (1 - keep) / rows.samples(), keep);
        }
    }

    /** @throws FactorisationException if a moment is not finite */
    Whitenings whitenings(double damping) {
        FactoredDamping shifts = shifts(damping);
        SymmetricSolver solver = context.solver();
        return new Whitenings(
                Whitening.of(context.state().get(A), shifts.onInputs(), solver),
                Whitening.of(context.state().get(G), shifts.onOutputs(), solver));
    }

    private FactoredDamping shifts(double damping) {
        return FactoredDamping.of(damping, own.meanDiagonalInputs(), own.meanDiagonalOutputs());
    }

    /**
     * @param next of the next layer; null if this is the last
     * @throws FactorisationException if a moment is not finite
     */
    Share share(Whitenings whitenings, Whitenings next) {
        Modes inputs = modes(whitenings.inputs(), inputsWithNext, next == null ? null : next.inputs());
        Modes outputs = modes(whitenings.outputs(), outputsWithNext, next == null ? null : next.outputs());
        INDArray gains = remainder.gains(
                inputs.values(), outputs.values(), (a, g) -> 1 / Math.max(FLOOR, 1 - determined(a) * determined(g)));
        return new Share(inputs, outputs, gains);
    }

    private Modes modes(INDArray whitening, INDArray withNext, INDArray whiteningOfNext) {
        return withNext == null
                ? new Modes(whitening, new double[(int) whitening.size(0)], null)
                : Modes.regression(whitening, withNext, whiteningOfNext, context.solver());
    }

    /** Between 0 and 1, but for rounding. */
    private static double determined(double eigenvalue) {
        return Math.max(0, Math.min(1, eigenvalue));
    }

    /** Puts a share in force. */
    void set(Share share) {
        context.state().countRefresh();
        remainder.set(share.inputs().vectors(), share.outputs().vectors(), share.gains());
        if (regressionOfInputs != null) {
            context.solver().copyMatrix(share.inputs().transition(), regressionOfInputs);
            context.solver().copyMatrix(share.outputs().transition(), regressionOfOutputs);
        }
    }

    /** Puts the inverse of the layer's own block in force, or that of its diagonals, which exists whatever the moments are. */
    void setIndependent(double damping) {
        context.state().countRefresh();
        try {
            Whitenings whitenings = whitenings(damping);
            remainder.setProduct(whitenings.inputs(), whitenings.outputs());
        } catch (FactorisationException e) {
            FactoredDamping shifts = shifts(damping);
            remainder.setProduct(
                    Whitening.ofDiagonal(context.state().get(A), shifts.onInputs(), context.solver()),
                    Whitening.ofDiagonal(context.state().get(G), shifts.onOutputs(), context.solver()));
        }
        if (regressionOfInputs != null) {
            regressionOfInputs.assign(0);
            regressionOfOutputs.assign(0);
        }
    }

    void say(String what) {
        log.say("A or G", what);
    }

    boolean isReady() {
        return context.isReady();
    }

    /** First sweep: V &lt;- V - Psi_a^T V_next Psi_g. */
    void subtractDetermined(INDArray v, INDArray vOfNext, INDArray scratch) {
        INDArray product = matrix(scratch, v.size(0), vOfNext.size(1));
        Products.multiplyTransposed(regressionOfInputs, vOfNext, product, 1, 0);
        Products.multiply(product, regressionOfOutputs, v, -1, 1);
    }

    /** Second sweep: V &lt;- S^-1 V. */
    void precondition(INDArray v, INDArray scratch) {
        remainder.apply(v, matrix(scratch, v.size(0), v.size(1)), v);
    }

    /** Third sweep: V_next &lt;- V_next - Psi_a V Psi_g^T. */
    void subtractFromNext(INDArray v, INDArray vOfNext, INDArray scratch) {
        INDArray product = matrix(scratch, v.size(0), vOfNext.size(1));
        Products.multiplyByTransposed(v, regressionOfOutputs, product, 1, 0);
        Products.multiply(regressionOfInputs, product, vOfNext, -1, 1);
    }

    /** A x G of the layer alone, undamped. */
    INDArray toDense() {
        return own.toDense();
    }

    /**
     * E[y_next^T x] of an earlier layer's x, if between them this layer's y tells all: E[y_next^T y] E[y^T y]^-1 E[y^T x].
     *
     * @param ofThis E[y^T x] of both sides; null if the earlier layer is this one
     */
    Moments momentsOfNextWith(Moments ofThis) {
        return ofThis == null
                ? new Moments(inputsWithNext, outputsWithNext)
                : new Moments(
                        inputsWithNext.mmul(inverse(A)).mmul(ofThis.inputs()),
                        outputsWithNext.mmul(inverse(G)).mmul(ofThis.outputs()));
    }

    private INDArray inverse(String factor) {
        INDArray moment = context.state().get(factor);
        INDArray inverse = Nd4j.createUninitialized(moment.dataType(), moment.shape(), 'f');
        new RobustInverse(context.solver()).invert(moment, 0, inverse);
        return inverse;
    }

    private static INDArray matrix(INDArray scratch, long rows, long columns) {
        return scratch.get(NDArrayIndex.interval(0, rows * columns)).reshape('f', rows, columns);
    }
}
