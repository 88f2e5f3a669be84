package io.github.dl4jkfac.curvature.kronecker;

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
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Unit-wise natural gradient for parameters such as scale and shift of a normalisation (Osawa et al. 2019): each unit c has
 * k = dA parameters and its own Fisher matrix F_c = mean_n u_nc u_nc^T, [k,k], of its samples' gradients u_nc; products of different
 * units are left out. With k = 1 it is the diagonal of the Fisher matrix.
 *
 * <p>Damping is exact, (F_c + lambda I)^-1: the lambda that {@link KroneckerBlock} approximates by its two factors. Units whose
 * gradients are all zero are scaled by 1 / lambda.
 */
public final class UnitwiseBlock implements CurvatureBlock {

    private static final String F = "F";
    private static final String F_INVERSE = "F_inverse";

    /** Keeps lower triangle and inverse of all units' matrices, entry by entry: [dG, k (k + 1) / 2]. */
    public static final SingleKind TYPE = new Type();

    private final BlockContext context;
    private final UnitMatrices fisher;
    private final UnitInverses inverses;

    private UnitwiseBlock(BlockContext context) {
        BlockState state = context.state();
        int order = context.shape().inputDimension();
        this.context = context;
        this.fisher = new UnitMatrices(state.get(F), order);
        this.inverses = new UnitInverses(
                F, fisher, new UnitMatrices(state.get(F_INVERSE), order), new DegradationLog(context.layer()));
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        double keep = context.keep();
        List<INDArray> gradients = ((SampleGradients) rows).gradients();
        for (int i = 0; i < fisher.order(); i++) {
            for (int j = 0; j <= i; j++) {
                fisher.average(i, j, Reductions.mean(gradients.get(i).mul(gradients.get(j)), false, 0), keep);
            }
        }
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
        INDArray packed = fisher.packed();
        return context.renewal(
                inverses.stage(Nd4j.valueArrayOf(new long[] {packed.size(0)}, damping, packed.dataType())));
    }

    @Override
    public boolean isReady() {
        return context.isReady();
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        inverses.matrices().multiply(gradient::getRow, out::getRow, work.getRow(0));
    }

    @Override
    public INDArray toDense() {
        int units = context.shape().outputs();
        int order = fisher.order();
        INDArray dense = Nd4j.create(fisher.packed().dataType(), (long) order * units, (long) order * units);
        for (int unit = 0; unit < units; unit++) {
            double[][] matrix = fisher.matrix(unit);
            for (int i = 0; i < order; i++) {
                for (int j = 0; j < order; j++) {
                    dense.putScalar((long) i * units + unit, (long) j * units + unit, matrix[i][j]);
                }
            }
        }
        return dense;
    }

    private static final class Type implements SingleKind {

        @Override
        public String name() {
            return "Unitwise";
        }

        @Override
        public List<Slice> slices(BlockShape shape) {
            int entries = UnitMatrices.entries(shape.inputDimension());
            return List.of(
                    Slice.statistic(F, shape.outputs(), entries, Slice.Weight.SAMPLES),
                    Slice.derived(F_INVERSE, shape.outputs(), entries));
        }

        @Override
        public CurvatureBlock create(BlockContext context) {
            return new UnitwiseBlock(context);
        }

        @Override
        public double refreshFlops(BlockShape shape) {
            return Math.pow(shape.inputDimension(), 3) * shape.outputs();
        }
    }
}
