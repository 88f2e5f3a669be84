package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.RobustInverse;
import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.CurvatureState;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * K-FAC's block: F ~ A x G, preconditioning U = (A + pi gamma I)^-1 V (G + gamma/pi I)^-1 (Martens and Grosse 2015, sec. 3 and
 * 6.3). Keeps everything in the layer's slices of the updater state and nothing of its own.
 */
public final class KroneckerBlock implements CurvatureBlock {

    private static final Logger LOG = LoggerFactory.getLogger(KroneckerBlock.class);

    private final String layer;
    private final CurvatureState state;
    private final KroneckerFactors factors;
    private final MovingAverage average;
    private final SymmetricSolver solver;
    private final RobustInverse inverter;
    private boolean degraded;

    /**
     * Creates the block on the state given, which is not changed.
     *
     * @param layer the layer's name, for messages
     * @param state where factors, inverses and counters are kept
     * @param decay upper bound of the moving average's memory, in [0,1)
     * @param solver does the linear algebra
     */
    public KroneckerBlock(String layer, CurvatureState state, double decay, SymmetricSolver solver) {
        this.layer = layer;
        this.state = state;
        this.factors = new KroneckerFactors(state.inputFactor(), state.outputFactor(), solver);
        this.average = new MovingAverage(decay);
        this.solver = solver;
        this.inverter = new RobustInverse(solver);
    }

    @Override
    public void update(BatchRows rows) {
        if (rows.active() < 1) {
            return; // all rows masked: the batch says nothing
        }
        long batches = state.statistics();
        factors.update(rows, average.keep(batches));
        state.setStatistics(batches + 1);
    }

    @Override
    public void refresh(double damping) {
        if (state.statistics() == 0) {
            return;
        }
        FactoredDamping shifts =
                FactoredDamping.of(damping, factors.meanDiagonalInputs(), factors.meanDiagonalOutputs());
        invert("A", factors.inputFactor(), shifts.onInputs(), state.inputInverse());
        invert("G", factors.outputFactor(), shifts.onOutputs(), state.outputInverse());
    }

    /** Inverts into a scratch array first, so that a failure leaves the last good inverse in force. */
    private void invert(String name, INDArray factor, double shift, INDArray inverse) {
        INDArray scratch = Nd4j.createUninitialized(factor.dataType(), factor.shape(), 'f');
        try {
            double extra = inverter.invert(factor, shift, scratch).extraShift();
            solver.copyMatrix(scratch, inverse);
            if (extra > 0) {
                report("needed an extra damping of " + extra, name);
            }
        } catch (FactorisationException e) {
            boolean hasInverse = inverse.getDouble(0, 0) != 0;
            if (!hasInverse) {
                invertDiagonal(factor, shift, inverse);
            }
            report(e.getMessage() + (hasInverse ? "; the last good inverse stays" : "; its diagonal serves"), name);
        }
    }

    private void report(String what, String factor) {
        if (!degraded) {
            LOG.warn("Layer '{}': factor {} {}. Raise the damping. (Said once per layer.)", layer, factor, what);
            degraded = true;
        }
    }

    private static void invertDiagonal(INDArray factor, double shift, INDArray inverse) {
        inverse.assign(0);
        double mean = Nd4j.diag(factor).meanNumber().doubleValue();
        double floor = mean > 0 && !Double.isInfinite(mean) ? 1e-6 * mean : 1;
        for (long i = 0; i < factor.size(0); i++) {
            double entry = factor.getDouble(i, i) + shift;
            inverse.putScalar(i, i, 1 / (entry > floor ? entry : floor));
        }
    }

    @Override
    public boolean isReady() {
        return state.statistics() > 0 && state.inputInverse().getDouble(0, 0) != 0;
    }

    @Override
    public void precondition(INDArray gradient, INDArray work, INDArray out) {
        solver.sandwich(state.inputInverse(), gradient, state.outputInverse(), work, out);
    }

    @Override
    public INDArray toDense() {
        return factors.toDense();
    }
}
