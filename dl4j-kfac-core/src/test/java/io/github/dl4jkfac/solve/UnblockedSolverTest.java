package io.github.dl4jkfac.solve;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;

class UnblockedSolverTest extends SymmetricSolverContract {

    @Override
    SymmetricSolver createSolver() {
        assumeTrue(Nd4j.getExecutioner().type() == ExecutionerType.NATIVE_CPU);
        return new UnblockedSolver();
    }
}
