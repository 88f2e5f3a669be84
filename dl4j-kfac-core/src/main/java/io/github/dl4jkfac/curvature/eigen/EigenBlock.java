package io.github.dl4jkfac.curvature.eigen;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.curvature.BatchCounts;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.BlockSums;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.DegradationLog;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.kronecker.KroneckerFactors;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import io.github.dl4jkfac.state.Slice.Weight;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Eigenvalue-corrected Kronecker factorisation, EKFAC (George et al. 2018): F ~ U diag(S) U^T, where U = Ua x Ug are the eigenvectors
 * of K-FAC's factors A and G, and S, in place of their eigenvalues' products, the second moments of the gradients in that basis.
 * Preconditioning is Ua [(Ua^T V Ug) / S_d] Ug^T, where S_d is S with the damping that K-FAC would give it ({@link EigenDamping}).
 *
 * <p>A refresh makes new eigenvectors, about nine times the cost of {@link KroneckerBlock}'s inverses, and so comes seldom; S follows
 * every batch, and the preconditioner S at once. No other diagonal is nearer to F in the same basis; the trace is F's own. Nothing
 * is assumed about the positions of a sample: S is exact for them.
 *
 * <p>A batch is measured in the basis that the batches before it have made, and {@link EigenMoments} carries what has been measured into
 * the next one. So S tells what the samples' gradients do in directions that were not chosen to fit them, even where every
 * batch brings a new basis.
 */
public final class EigenBlock implements CurvatureBlock {

    private static final String A = "A";
    private static final String G = "G";
    private static final String S = "S";
    private static final String BASIS_OF_INPUTS = "A_inverse_basis";
    private static final String BASIS_OF_OUTPUTS = "G_inverse_basis";
    private static final String NULLITY_OF_INPUTS = "A_inverse_nullity";
    private static final String NULLITY_OF_OUTPUTS = "G_inverse_nullity";
    private static final String S_INVERSE = "S_inverse";
    private static final String DAMPING = "inverse_damping";

    /** Smallest entry of S_d that is inverted, relative to the mean. */
    private static final double FLOOR = 1e-10;

    /** Keeps both factors, their eigenvectors and the dimensions of their null spaces, S, 1 / S_d and lambda. */
    public static final SingleKind TYPE = new Type();

    private final BlockContext context;
    private final KroneckerFactors factors;
    private final EigenBasis inputs;
    private final EigenBasis outputs;
    private final EigenMoments moments;
    private final EigenDamping eigenDamping;
    private final INDArray inverse;
    private final INDArray damping;
    private final DegradationLog log;

    private EigenBlock(BlockContext context) {
        BlockState state = context.state();
        this.context = context;
        this.factors = new KroneckerFactors(state.get(A), state.get(G), context.solver());
        this.inputs = new EigenBasis(
                state.get(A), state.get(BASIS_OF_INPUTS), state.get(NULLITY_OF_INPUTS), context.solver());
        this.outputs = new EigenBasis(
                state.get(G), state.get(BASIS_OF_OUTPUTS), state.get(NULLITY_OF_OUTPUTS), context.solver());
        this.moments = new EigenMoments(state.get(S), inputs, outputs);
        this.eigenDamping = new EigenDamping(state.get(S));
        this.inverse = state.get(S_INVERSE);
        this.damping = state.get(DAMPING);
        this.log = new DegradationLog(context.layer());
    }

    private boolean hasBasis() {
        return context.state().refreshes() > 0;
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        updateStatistics((OuterProductRows) rows);
        followMoments();
    }

    private void updateStatistics(OuterProductRows rows) {
        double keep = context.keep();
        factors.update(rows, keep);
        if (hasBasis()) {
            moments.update(rows, keep);
        }
        context.count();
    }

    /** In the present basis, which has to be the same for all parts of a batch. */
    @Override
    public BlockSums sums(BatchRows rows) {
        return BlockSums.of(
                context,
                BatchCounts.of(rows),
                alone -> new EigenBlock(alone).updateStatistics((OuterProductRows) rows));
    }

    @Override
    public void fold(BlockSums sums) {
        if (sums.foldInto(context)) {
            followMoments();
        }
    }

    @Override
    public Refresh stage(double lambda) {
        return context.state().statistics() == 0 ? Refresh.NONE : new BasisChange(lambda);
    }

    private final class BasisChange implements Refresh {

        private final double lambda;
        private EigenBasis.Decomposition ofInputs;
        private EigenBasis.Decomposition ofOutputs;
        private FactorisationException failure;

        BasisChange(double lambda) {
            this.lambda = lambda;
        }

        @Override
        public void compute() {
            try {
                ofInputs = inputs.decompose();
                ofOutputs = outputs.decompose();
            } catch (FactorisationException e) {
                failure = e;
            }
        }

        @Override
        public boolean commit() {
            damping.assign(lambda);
            try (EigenBasis.Decomposition a = ofInputs;
                    EigenBasis.Decomposition g = ofOutputs) {
                if (failure == null) {
                    change(a, g);
                } else {
                    degrade();
                }
            }
            followMoments();
            return true;
        }

        private void degrade() {
            boolean hasBasis = hasBasis();
            if (!hasBasis) {
                useDiagonals();
            }
            log.say(
                    "A or G",
                    failure.getMessage()
                            + (hasBasis ? "; the last good inverse's eigenvectors stay" : "; its diagonal serves"));
        }
    }

    private void useDiagonals() {
        try (EigenBasis.Decomposition a = inputs.diagonal();
                EigenBasis.Decomposition g = outputs.diagonal()) {
            change(a, g);
        }
    }

    private void change(EigenBasis.Decomposition nextInputs, EigenBasis.Decomposition nextOutputs) {
        if (hasBasis() && Finite.isFinite(moments.moments())) {
            moments.carry(nextInputs, nextOutputs);
        } else {
            moments.start(nextInputs, nextOutputs);
        }
        inputs.replace(nextInputs);
        outputs.replace(nextOutputs);
        moments.evenOut();
        context.state().countRefresh();
    }

    /** 1 / S_d, once there is a basis. */
    private void followMoments() {
        if (!hasBasis()) {
            return;
        }
        double lambda = damping.getDouble(0);
        double mean = moments.moments().meanNumber().doubleValue() + lambda;
        if (!Double.isFinite(mean)) {
            log.say(S, "is not finite; the last good inverse stays");
            return;
        }
        // all zero: a dead layer without damping, which no scale suits better than 1
        double floor = mean > 0 ? FLOOR * mean : 1;
        context.solver().copyMatrix(moments.moments(), inverse);
        eigenDamping.addTo(inverse, lambda);
        Transforms.max(inverse, floor, false);
        inverse.rdivi(1);
    }

    @Override
    public boolean isReady() {
        return context.isReady();
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        Products.multiplyTransposed(inputs.vectors(), gradient, work, 1, 0);
        Products.multiply(work, outputs.vectors(), out, 1, 0);
        out.muli(inverse);
        Products.multiply(inputs.vectors(), out, work, 1, 0);
        Products.multiplyByTransposed(work, outputs.vectors(), out, 1, 0);
    }

    /** Before there are eigenvectors, A x G, which is U diag(S) U^T with the S that they would begin with. */
    @Override
    public INDArray toDense() {
        if (!hasBasis()) {
            return factors.toDense();
        }
        INDArray vectors = KroneckerFactors.product(inputs.vectors(), outputs.vectors());
        INDArray diagonal =
                moments.moments().dup('c').reshape('c', 1, moments.moments().length());
        return vectors.mulRowVector(diagonal).mmul(vectors.transpose());
    }

    private static final class Type implements SingleKind {

        @Override
        public String name() {
            return "EigenvalueCorrected";
        }

        @Override
        public List<Slice> slices(BlockShape shape) {
            int dA = shape.inputDimension();
            int dG = shape.outputs();
            return List.of(
                    Slice.moment(A, dA, Weight.ROWS),
                    Slice.moment(G, dG, Weight.SAMPLES),
                    Slice.statistic(S, dA, dG, Weight.SAMPLES),
                    Slice.derived(BASIS_OF_INPUTS, dA, dA),
                    Slice.derived(BASIS_OF_OUTPUTS, dG, dG),
                    Slice.derived(NULLITY_OF_INPUTS, 1, 1),
                    Slice.derived(NULLITY_OF_OUTPUTS, 1, 1),
                    Slice.derived(S_INVERSE, dA, dG),
                    Slice.derived(DAMPING, 1, 1));
        }

        @Override
        public CurvatureBlock create(BlockContext context) {
            return new EigenBlock(context);
        }

        /** The second moments are measured in the basis of the eigenvectors. */
        @Override
        public boolean sumsNeedDerived() {
            return true;
        }

        /** An eigendecomposition takes 9 d^3. */
        @Override
        public double refreshFlops(BlockShape shape) {
            return 9 * (Math.pow(shape.inputDimension(), 3) + Math.pow(shape.outputs(), 3));
        }
    }
}
