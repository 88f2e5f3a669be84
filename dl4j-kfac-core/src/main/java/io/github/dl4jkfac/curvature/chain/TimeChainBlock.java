package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.curvature.BatchCounts;
import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.BlockSums;
import io.github.dl4jkfac.curvature.CurvatureBlock;
import io.github.dl4jkfac.curvature.DegradationLog;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.kronecker.FactoredDamping;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Block of a recurrent layer that counts in how the contributions of its time steps hang together: they form a chain in which a
 * step depends on the step before it only, so that moments of lag 1 tell those of all lags, V_d = A_d x G_d with
 * M_d = (M_1 M_0^-1)^d M_0, and F = sum over all pairs of steps of V (Martens, Ba, Johnson 2018). {@link KroneckerBlock}
 * takes the steps as independent and keeps V_0 alone; the chain without correlations is the same.
 *
 * <p>A_0 and G_0 are damped as there, A_1 and G_1 are not, so damping makes the steps less dependent.
 */
public final class TimeChainBlock implements CurvatureBlock {

    /** Moments of lag 1 symmetrised, lengths of sequences counted in (option 1 of the paper). */
    public static final SingleKind SYMMETRIC = new Type(new SymmetricTimeChain());

    /** Moments of lag 1 as they are, all sequences taken as long (option 2 of the paper). */
    public static final SingleKind STATIONARY = new Type(new StationaryTimeChain());

    private final BlockContext context;
    private final TimeChainModel model;
    private final TimeChainFactors factors;
    private final TimeChainInverse inverse;
    private final DegradationLog log;

    private TimeChainBlock(BlockContext context, TimeChainModel model) {
        SymmetricSolver solver = context.solver();
        BlockState state = context.state();
        this.context = context;
        this.model = model;
        this.factors = new TimeChainFactors(state, solver);
        this.inverse = new TimeChainInverse(state, model.hasTransitions(), solver);
        this.log = new DegradationLog(context.layer());
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        double keep = context.keep();
        factors.update((OuterProductRows) rows, keep);
        model.update((OuterProductRows) rows, context.state(), keep);
        context.count();
    }

    @Override
    public BlockSums sums(BatchRows rows) {
        return BlockSums.of(context, BatchCounts.of(rows), alone -> new TimeChainBlock(alone, model).update(rows));
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
        FactoredDamping shifts = FactoredDamping.of(
                damping, factors.inputs().meanDiagonal(), factors.outputs().meanDiagonal());
        return context.renewal(new Diagonalisation(shifts));
    }

    private final class Diagonalisation implements Refresh {

        private final FactoredDamping shifts;
        private TimeChainInverse.Parts parts;
        private String failure;

        Diagonalisation(FactoredDamping shifts) {
            this.shifts = shifts;
        }

        @Override
        public void compute() {
            try {
                Modes a = model.modes(factors.inputs(), shifts.onInputs());
                Modes g = model.modes(factors.outputs(), shifts.onOutputs());
                parts = inverse.parts(a, g, model.gain(context.state()));
                failure = parts.areFinite() ? null : "the result is not finite";
            } catch (FactorisationException e) {
                failure = e.getMessage();
            }
        }

        @Override
        public boolean commit() {
            if (failure != null) {
                return degrade(shifts, failure);
            }
            inverse.set(parts);
            return true;
        }
    }

    private boolean degrade(FactoredDamping shifts, String reason) {
        boolean hasInverse = context.state().refreshes() > 0;
        if (!hasInverse) {
            inverse.setIndependent(
                    factors.inputs().diagonalWhitening(shifts.onInputs()),
                    factors.outputs().diagonalWhitening(shifts.onOutputs()));
        }
        log.say(
                "A or G",
                "cannot be diagonalised: " + reason
                        + (hasInverse ? "; the last good inverse stays" : "; the diagonals serve"));
        return !hasInverse;
    }

    @Override
    public boolean isReady() {
        return context.isReady();
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        inverse.precondition(gradient, work, out);
    }

    @Override
    public INDArray toDense() {
        return factors.toDense(model, model.lagWeights(context.state()));
    }

    private record Type(TimeChainModel model) implements SingleKind {

        @Override
        public String name() {
            return model.name();
        }

        @Override
        public List<Slice> slices(BlockShape shape) {
            return Stream.of(
                            TimeChainFactors.slices(shape),
                            TimeChainInverse.slices(shape, model.hasTransitions()),
                            model.slices(shape))
                    .flatMap(List::stream)
                    .toList();
        }

        @Override
        public CurvatureBlock create(BlockContext context) {
            return new TimeChainBlock(context, model);
        }

        @Override
        public double refreshFlops(BlockShape shape) {
            return model.modesFlops() * (Math.pow(shape.inputDimension(), 3) + Math.pow(shape.outputs(), 3));
        }
    }
}
