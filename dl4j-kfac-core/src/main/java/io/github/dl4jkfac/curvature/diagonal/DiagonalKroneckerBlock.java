package io.github.dl4jkfac.curvature.diagonal;

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
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * AdaFisher's block (Gomes et al. 2024): the diagonal of a Kronecker-factored Fisher matrix. With H = diag(A) and S = diag(G), means
 * over the rows of a batch, each scaled to the range from 0 to 1 and averaged over the batches, F = H S^T + lambda entry by entry
 * of the parameter matrix, and preconditioning is U = V ./ F. The scaling takes the units out: F is between lambda and 1 + lambda in
 * every layer, whatever the loss.
 *
 * <p>Parameters that act unit by unit (scales, shifts, slopes) have the mean squared gradient of the samples in place of the
 * product, scaled row by row; the paper leaves them open.
 *
 * <p>The averages follow {@link DiagonalAverage}; the context's decay is not used.
 */
public final class DiagonalKroneckerBlock implements CurvatureBlock {

    /** The factors that the last refresh put in force are kept beside the averages, under this prefix. */
    private static final String IN_FORCE = "inverse_";

    private static final String NAME = "Diagonal";

    private static final String DAMPING = IN_FORCE + "damping";

    /** Least lambda, where an option or a dead layer would leave a division by zero. */
    private static final double LEAST_DAMPING = 1e-8;

    private final BlockContext context;
    private final DiagonalAverage average;
    private final DiagonalModel model;
    private final List<INDArray> averages;
    private final List<INDArray> inForce;
    private final INDArray damping;
    private final DegradationLog log;

    private DiagonalKroneckerBlock(BlockContext context, DiagonalAverage average) {
        BlockState state = context.state();
        this.context = context;
        this.average = average;
        this.model = DiagonalModel.of(context.shape());
        List<String> names = model.factors().stream().map(Slice::name).toList();
        this.averages = names.stream().map(state::get).toList();
        this.inForce = names.stream().map(name -> state.get(IN_FORCE + name)).toList();
        this.damping = state.get(DAMPING);
        this.log = new DegradationLog(context.layer());
    }

    /**
     * Makes the type for a way to average.
     *
     * @param average weights and scaling
     * @return the type; keeps the averaged factors, those in force and their damping: vectors only
     */
    public static SingleKind type(DiagonalAverage average) {
        return new Type(average);
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        average(model.ofBatch(rows));
    }

    /** @param batch factors of one batch; overwritten */
    private void average(List<INDArray> batch) {
        long earlier = context.state().statistics();
        for (int i = 0; i < batch.size(); i++) {
            INDArray factor = batch.get(i);
            if (average.scaling() == DiagonalAverage.Scaling.BATCHES) {
                MinMax.scale(factor);
            }
            if (context.state().statistics() == 0) {
                averages.get(i).assign(1);
            }
            averages.get(i).muli(average.keep(earlier)).addi(factor.muli(average.add(earlier)));
        }
        context.count();
    }

    /** Sums of squares as they are: what is scaled to the range from 0 to 1 is the whole batch. */
    @Override
    public BlockSums sums(BatchRows rows) {
        return BlockSums.of(context, BatchCounts.of(rows), alone -> {
            List<INDArray> factors = model.ofBatch(rows);
            for (int i = 0; i < factors.size(); i++) {
                alone.state().get(model.factors().get(i).name()).assign(factors.get(i));
            }
        });
    }

    @Override
    public void fold(BlockSums sums) {
        sums.requireFits(context);
        if (sums.counts().rows() >= 1) {
            average(model.factors().stream().map(sums::mean).toList());
        }
    }

    @Override
    public Refresh stage(double lambda) {
        return context.state().statistics() == 0 ? Refresh.NONE : context.renewal(new Replacement(lambda));
    }

    /** Of vectors, all of it in place. */
    private final class Replacement implements Refresh {

        private final double lambda;

        Replacement(double lambda) {
            this.lambda = lambda;
        }

        @Override
        public void compute() {
            // there is nothing that takes long
        }

        @Override
        public boolean commit() {
            for (int i = 0; i < averages.size(); i++) {
                if (!Finite.isFinite(averages.get(i))) {
                    log.say(model.factors().get(i).name(), "is not finite; the last good inverse stays");
                    return false;
                }
            }
            List<INDArray> factors = factors();
            for (int i = 0; i < factors.size(); i++) {
                inForce.get(i).assign(factors.get(i));
            }
            damping.assign(Math.max(lambda, LEAST_DAMPING));
            return true;
        }
    }

    /** What the averages say now. */
    private List<INDArray> factors() {
        return average.scaling() == DiagonalAverage.Scaling.BATCHES
                ? averages
                : averages.stream().map(factor -> MinMax.scale(factor.dup())).toList();
    }

    @Override
    public boolean isReady() {
        return context.isReady();
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        model.product(inForce, work);
        work.addi(damping.getDouble(0, 0));
        gradient.divi(work, out);
    }

    @Override
    public INDArray toDense() {
        BlockShape shape = context.shape();
        INDArray diagonal = Nd4j.create(damping.dataType(), shape.inputDimension(), shape.outputs());
        model.product(factors(), diagonal);
        return Nd4j.diag(diagonal.dup('c').reshape('c', new long[] {diagonal.length()}));
    }

    private record Type(DiagonalAverage average) implements SingleKind {

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public List<Slice> slices(BlockShape shape) {
            List<Slice> slices = new ArrayList<>(DiagonalModel.of(shape).factors());
            for (Slice factor : List.copyOf(slices)) {
                slices.add(Slice.derived(IN_FORCE + factor.name(), factor.rows(), factor.columns()));
            }
            slices.add(Slice.derived(DAMPING, 1, 1));
            return slices;
        }

        @Override
        public double refreshFlops(BlockShape shape) {
            return shape.inputDimension() + shape.outputs();
        }

        @Override
        public CurvatureBlock create(BlockContext context) {
            return new DiagonalKroneckerBlock(context, average);
        }
    }
}
