package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.DegradationLog;
import io.github.dl4jkfac.curvature.Refresh;
import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.RobustInverse;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The inverse of one damped factor, in an array of the caller's; a failed refresh leaves the last good one in force. */
final class DampedInverse {

    private final String name;
    private final INDArray factor;
    private final INDArray inverse;
    private final BlockContext context;
    private final DegradationLog log;

    /**
     * @param name the factor's, for messages
     * @param factor [d,d], of which the lower triangle is read; not modified
     * @param inverse [d,d]
     * @param context of the block, whose state tells whether there is an inverse
     */
    DampedInverse(String name, INDArray factor, INDArray inverse, BlockContext context, DegradationLog log) {
        this.name = name;
        this.factor = factor;
        this.inverse = inverse;
        this.context = context;
        this.log = log;
    }

    INDArray matrix() {
        return inverse;
    }

    /** The renewal by the inverse of factor + shift I; if there is no inverse yet that of the diagonal must serve. */
    Refresh stage(double shift) {
        return new Inversion(shift);
    }

    private final class Inversion implements Refresh {

        private final double shift;
        private INDArray scratch;
        private double extraShift;
        private FactorisationException failure;

        Inversion(double shift) {
            this.shift = shift;
        }

        @Override
        @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
        public void compute() {
            try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                scratch = Nd4j.createUninitialized(factor.dataType(), factor.shape(), 'f');
                extraShift = new RobustInverse(context.solver())
                        .invert(factor, shift, scratch)
                        .extraShift();
            } catch (FactorisationException e) {
                failure = e;
            }
        }

        @Override
        public boolean commit() {
            try (INDArray computed = scratch) {
                return failure == null ? replace(computed) : degrade();
            }
        }

        private boolean replace(INDArray computed) {
            context.solver().copyMatrix(computed, inverse);
            if (extraShift > 0) {
                log.say(name, "needed an extra damping of " + extraShift);
            }
            return true;
        }

        private boolean degrade() {
            boolean hasInverse = context.state().refreshes() > 0;
            if (!hasInverse) {
                context.solver().invertDiagonal(factor, shift, inverse);
            }
            log.say(
                    name,
                    failure.getMessage() + (hasInverse ? "; the last good inverse stays" : "; its diagonal serves"));
            return !hasInverse;
        }
    }
}
