package io.github.dl4jkfac.solve;

import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the {@link SymmetricSolver}. */
public final class Solvers {

    /** System property that forces a solver: {@code lapack} or {@code portable}. */
    public static final String PROPERTY = "dl4jkfac.solver";

    private static final Logger LOG = LoggerFactory.getLogger(Solvers.class);

    private Solvers() {}

    /**
     * Returns the fastest solver that works here: {@link LapackSolver} on ND4J's CPU backend if
     * OpenBLAS loads and passes a check, else {@link PortableSolver}; one for each type of number where
     * one passes and the other does not. The system property {@value #PROPERTY} overrides the choice.
     *
     * @return a new solver; solvers hold no state
     * @throws IllegalArgumentException if the property has another value than {@code lapack} or
     *     {@code portable}
     * @throws IllegalStateException if the property asks for {@code lapack} and it is unusable here, or computes
     *     wrong results
     */
    public static SymmetricSolver forBackend() {
        String forced = System.getProperty(PROPERTY);
        if (forced == null) {
            String obstacle = lapackObstacle();
            SymmetricSolver solver = obstacle == null ? LapackHealth.ofProcess().solver() : new PortableSolver();
            LOG.debug("Linear algebra: {}{}", solver, obstacle == null ? "" : ", as " + obstacle);
            return solver;
        }
        SymmetricSolver solver = switch (forced) {
            case "lapack" -> forcedLapack();
            case "portable" -> new PortableSolver();
            default ->
                throw new IllegalArgumentException(
                        "System property " + PROPERTY + " must be lapack or portable, but is '" + forced + "'");
        };
        LOG.debug("Linear algebra: {}, set by {}", solver, PROPERTY);
        return solver;
    }

    private static SymmetricSolver forcedLapack() {
        String obstacle = lapackObstacle();
        if (obstacle != null) {
            throw new IllegalStateException("System property " + PROPERTY + " asks for lapack, but " + obstacle);
        }
        String fault = LapackHealth.ofProcess().obstacle();
        if (fault != null) {
            throw new IllegalStateException("System property " + PROPERTY + " asks for lapack, but " + fault
                    + ". Take the property away, or " + LapackHealth.remedy());
        }
        return new LapackSolver();
    }

    /** Returns why LAPACK cannot work on ND4J's buffers, or null if it can. */
    private static String lapackObstacle() {
        OpExecutioner.ExecutionerType backend = Nd4j.getExecutioner().type();
        if (backend != OpExecutioner.ExecutionerType.NATIVE_CPU) {
            return "the ND4J backend is " + backend;
        }
        try {
            LapackSolver.load();
            return null;
        } catch (LinkageError e) {
            return "OpenBLAS does not load: " + e;
        }
    }
}
