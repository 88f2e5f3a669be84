package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.arrays.Reductions;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.BlockSums;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Averaged factors for parameters that are shared among positions ("reduce", Eschenhagen et al. 2023): each sample enters
 * with abar_n, the mean over its positions of [a_nt, 1], and g_n, the sum over its positions of g_nt; A = E[abar_n^T abar_n] and
 * G = E[g_n^T g_n] are those of a {@link KroneckerBlock} with one row per sample, and so are damping and preconditioning.
 *
 * <p>Exact per sample if a_nt or g_nt is the same at all positions, as before an average over positions; too small, by up to the number
 * of positions, where both vary independently. Positions that a mask excludes count in neither mean nor sum.
 */
public final class ReducedKroneckerBlock implements CurvatureBlock {

    /** Keeps what {@link KroneckerBlock#TYPE} keeps. */
    public static final SingleKind TYPE = new Type();

    private final CurvatureBlock block;

    private ReducedKroneckerBlock(CurvatureBlock block) {
        this.block = block;
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        block.update(reduced((OuterProductRows) rows));
    }

    @Override
    public BlockSums sums(BatchRows rows) {
        return block.sums(rows.active() < 1 ? rows : reduced((OuterProductRows) rows));
    }

    @Override
    public void fold(BlockSums sums) {
        block.fold(sums);
    }

    private static BatchRows reduced(OuterProductRows rows) {
        if (rows.positions() == 1) {
            return rows;
        }
        INDArray derivatives = sumOverPositions(rows.derivatives(), rows.positions());
        OuterProductRows once = rows.inputsOnce();
        if (once == rows) {
            return withMeanInputs(rows, derivatives);
        }
        INDArray first = derivatives.get(NDArrayIndex.interval(0, once.samples()), NDArrayIndex.all());
        return withMeanInputs(once, first).repeated((int) (rows.samples() / once.samples()), List.of(derivatives));
    }

    private static OuterProductRows withMeanInputs(OuterProductRows rows, INDArray derivatives) {
        INDArray inputs = Nd4j.create(
                rows.inputs().type(), new long[] {rows.samples(), rows.inputs().columns()}, 'f');
        rows.forEachActive(inputs.size(1), (firstRow, chunk) -> {
            INDArray sums = sumOverPositions(chunk, rows.positions());
            long first = firstRow / rows.positions();
            inputs.get(NDArrayIndex.interval(first, first + sums.size(0)), NDArrayIndex.all())
                    .assign(sums);
        });
        if (rows.weights() == null) {
            return OuterProductRows.of(InputSource.of(inputs.divi(rows.positions())), derivatives, rows.samples());
        }
        INDArray counts = sumOverPositions(rows.weights(), rows.positions());
        INDArray weights = counts.gt(0).castTo(counts.dataType());
        // a sample without positions has the sum 0: any divisor but 0 will do
        inputs.diviColumnVector(counts.addi(weights.rsub(1)));
        return new OuterProductRows(
                InputSource.of(inputs),
                derivatives,
                weights,
                weights.sumNumber().doubleValue(),
                rows.samples());
    }

    /** [N T, d] to [N, d]. */
    private static INDArray sumOverPositions(INDArray rows, long positions) {
        return Reductions.sum(rows.reshape('f', positions, rows.size(0) / positions, rows.size(1)), false, 0)
                .dup('f');
    }

    @Override
    public Refresh stage(double damping) {
        return block.stage(damping);
    }

    @Override
    public boolean isReady() {
        return block.isReady();
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        block.precondition(gradient, work, out);
    }

    @Override
    public INDArray toDense() {
        return block.toDense();
    }

    private static final class Type implements SingleKind {

        @Override
        public String name() {
            return "ReducedKronecker";
        }

        @Override
        public List<Slice> slices(BlockShape shape) {
            return KroneckerBlock.TYPE.slices(shape);
        }

        @Override
        public CurvatureBlock create(BlockContext context) {
            return new ReducedKroneckerBlock(KroneckerBlock.TYPE.create(context));
        }

        @Override
        public double refreshFlops(BlockShape shape) {
            return KroneckerBlock.TYPE.refreshFlops(shape);
        }
    }
}
