package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.curvature.DegradationLog;
import io.github.dl4jkfac.curvature.Refresh;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The inverses of damped {@link UnitMatrices}, in an array of the caller's; a failed refresh leaves the last good ones in force. */
final class UnitInverses {

    private final String name;
    private final UnitMatrices matrices;
    private final UnitMatrices inverses;
    private final DegradationLog log;

    /**
     * @param name the factor's, for messages
     * @param matrices not modified
     * @param inverses written through
     */
    UnitInverses(String name, UnitMatrices matrices, UnitMatrices inverses, DegradationLog log) {
        this.name = name;
        this.matrices = matrices;
        this.inverses = inverses;
        this.log = log;
    }

    UnitMatrices matrices() {
        return inverses;
    }

    /** The renewal by the inverses of M + shift I of every unit, [units]. */
    Refresh stage(INDArray shifts) {
        return new Refresh() {

            private UnitMatrices computed;

            @Override
            public void compute() {
                computed = Finite.isFinite(matrices.packed()) ? inverted(shifts) : null;
            }

            @Override
            public boolean commit() {
                if (computed == null) {
                    log.say(name, "is not finite; the last good inverse stays");
                    return false;
                }
                try (INDArray packed = computed.packed()) {
                    inverses.packed().assign(packed);
                }
                return true;
            }
        };
    }

    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    private UnitMatrices inverted(INDArray shifts) {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            UnitMatrices damped = matrices.copy();
            damped.shift(shifts);
            if (shifts.minNumber().doubleValue() <= 0) {
                // nothing else keeps a dead unit from a division by zero
                double mean = matrices.meanDiagonals().meanNumber().doubleValue();
                damped.raiseDiagonal(mean > 0 ? 1e-8 * mean : 1);
            }
            damped.invert();
            return damped;
        }
    }
}
