package io.github.dl4jkfac.solve;

/** ND4J's own operations, which work on every backend. */
final class PortableProvider implements SolverProvider {

    @Override
    public String name() {
        return "portable";
    }

    @Override
    public int rank() {
        return 0;
    }

    @Override
    public String obstacle() {
        return null;
    }

    @Override
    public SymmetricSolver create() {
        return new PortableSolver();
    }
}
