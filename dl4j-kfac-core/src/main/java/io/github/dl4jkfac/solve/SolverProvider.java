package io.github.dl4jkfac.solve;

/**
 * A way to do the dense linear algebra, such as a library for a device. Providers of other modules are found by {@link
 * java.util.ServiceLoader}: they need a public constructor without parameters, and their name in {@code
 * META-INF/services/io.github.dl4jkfac.solve.SolverProvider}.
 */
public interface SolverProvider {

    /** {@return a short name, by which the system property {@value Solvers#PROPERTY} asks for it} */
    String name();

    /** {@return which of those that work goes first: the one with the highest number} */
    int rank();

    /** {@return why it cannot work in this process, a clause; null if it can} */
    String obstacle();

    /**
     * Says what it would compute wrongly here if it were not helped by another solver. Who asks for a provider by name wants no help.
     *
     * @return a clause with the remedy; null if nothing
     */
    default String fault() {
        return null;
    }

    /**
     * Makes a solver.
     *
     * @return a solver that is right for every type of number, with the help of others where needed
     */
    SymmetricSolver create();
}
