package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.curvature.DegradationLog;
import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.RobustInverse;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The inverse of one damped factor, in an array of the caller's; a failed refresh leaves the last good one in force. */
final class DampedInverse {

    private final String name;
    private final INDArray factor;
    private final INDArray inverse;
    private final SymmetricSolver solver;
    private final RobustInverse inverter;
    private final DegradationLog log;

    /**
     * @param name the factor's, for messages
     * @param factor [d,d], of which the lower triangle is read; not modified
     * @param inverse [d,d], all zero as long as there is none
     */
    DampedInverse(String name, INDArray factor, INDArray inverse, SymmetricSolver solver, DegradationLog log) {
        this.name = name;
        this.factor = factor;
        this.inverse = inverse;
        this.solver = solver;
        this.inverter = new RobustInverse(solver);
        this.log = log;
    }

    boolean exists() {
        return inverse.getDouble(0, 0) != 0;
    }

    INDArray matrix() {
        return inverse;
    }

    /** Inverts factor + shift I, into a scratch array first; if there is no inverse yet that of the diagonal must serve. */
    void refresh(double shift) {
        INDArray scratch = Nd4j.createUninitialized(factor.dataType(), factor.shape(), 'f');
        try {
            double extra = inverter.invert(factor, shift, scratch).extraShift();
            solver.copyMatrix(scratch, inverse);
            if (extra > 0) {
                log.say(name, "needed an extra damping of " + extra);
            }
        } catch (FactorisationException e) {
            boolean hasInverse = exists();
            if (!hasInverse) {
                invertDiagonal(shift);
            }
            log.say(name, e.getMessage() + (hasInverse ? "; the last good inverse stays" : "; its diagonal serves"));
        }
    }

    private void invertDiagonal(double shift) {
        inverse.assign(0);
        double mean = Nd4j.diag(factor).meanNumber().doubleValue();
        double floor = mean > 0 && !Double.isInfinite(mean) ? 1e-6 * mean : 1;
        for (long i = 0; i < factor.size(0); i++) {
            double entry = factor.getDouble(i, i) + shift;
            inverse.putScalar(i, i, 1 / (entry > floor ? entry : floor));
        }
    }
}
