package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.curvature.DegradationLog;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The inverses of damped {@link UnitMatrices}, in an array of the caller's; a failed refresh leaves the last good ones in force. */
final class UnitInverses {

    private final String name;
    private final UnitMatrices matrices;
    private final UnitMatrices inverses;
    private final DegradationLog log;

    /**
     * @param name the factor's, for messages
     * @param matrices not modified
     * @param inverses all zero as long as there are none
     */
    UnitInverses(String name, UnitMatrices matrices, UnitMatrices inverses, DegradationLog log) {
        this.name = name;
        this.matrices = matrices;
        this.inverses = inverses;
        this.log = log;
    }

    boolean exist() {
        return inverses.packed().getDouble(0, 0) != 0;
    }

    UnitMatrices matrices() {
        return inverses;
    }

    /** Inverts M + shift I of every unit, [units]. */
    void refresh(INDArray shifts) {
        if (!Finite.isFinite(matrices.packed())) {
            log.say(name, "is not finite; the last good inverse stays");
            return;
        }
        UnitMatrices damped = matrices.copy();
        damped.shift(shifts);
        if (shifts.minNumber().doubleValue() <= 0) {
            // nothing else keeps a dead unit from a division by zero
            double mean = matrices.meanDiagonals().meanNumber().doubleValue();
            damped.raiseDiagonal(mean > 0 ? 1e-8 * mean : 1);
        }
        damped.invert();
        inverses.packed().assign(damped.packed());
    }
}
