package io.github.dl4jkfac.solve;

class PortableSolverTest extends SymmetricSolverContract {

    @Override
    SymmetricSolver createSolver() {
        return new PortableSolver();
    }
}
