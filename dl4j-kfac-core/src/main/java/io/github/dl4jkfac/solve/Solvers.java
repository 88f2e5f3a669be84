package io.github.dl4jkfac.solve;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the {@link SymmetricSolver}. */
public final class Solvers {

    /** System property that forces a solver, by the name of its provider: {@code lapack}, {@code portable} or another module's. */
    public static final String PROPERTY = "dl4jkfac.solver";

    private static final Logger LOG = LoggerFactory.getLogger(Solvers.class);

    private Solvers() {}

    /**
     * Returns the solver of the first provider that works here: LAPACK on ND4J's CPU backend if OpenBLAS loads and passes a check,
     * unless another module has one of a higher rank, and else ND4J's operations. The system property {@value #PROPERTY} overrides the
     * choice.
     *
     * @return a new solver; solvers hold no state
     * @throws IllegalArgumentException if the property names no provider
     * @throws IllegalStateException if the property asks for a provider that does not work here, or computes wrong results
     */
    public static SymmetricSolver forBackend() {
        return choose(providers(), System.getProperty(PROPERTY));
    }

    /**
     * Returns the best of the library's own solvers that works here, whatever the system property and other modules say. A provider of
     * another module leaves to it what it does not do itself.
     *
     * @return a new solver, right for every type of number
     */
    public static SymmetricSolver ofLibrary() {
        return choose(own(), null);
    }

    private static List<SolverProvider> own() {
        return List.of(new LapackProvider(), new PortableProvider());
    }

    /**
     * @param providers at least one that works everywhere
     * @param forced name of a provider, or null
     */
    static SymmetricSolver choose(List<SolverProvider> providers, String forced) {
        if (forced != null) {
            SymmetricSolver solver = named(providers, forced).create();
            LOG.debug("Linear algebra: {}, set by {}", solver, PROPERTY);
            return solver;
        }
        List<String> obstacles = new ArrayList<>();
        for (SolverProvider provider : providers) {
            String obstacle = provider.obstacle();
            if (obstacle == null) {
                SymmetricSolver solver = provider.create();
                LOG.debug("Linear algebra: {}; {}", solver, obstacles);
                return solver;
            }
            obstacles.add("not " + provider.name() + ", as " + obstacle);
        }
        throw new IllegalStateException("No linear algebra works here: " + String.join("; ", obstacles));
    }

    private static SolverProvider named(List<SolverProvider> providers, String name) {
        SolverProvider provider = providers.stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("System property " + PROPERTY + " must be one of "
                        + providers.stream().map(SolverProvider::name).toList() + ", but is '" + name + "'"));
        String obstacle = provider.obstacle() == null ? provider.fault() : provider.obstacle();
        if (obstacle != null) {
            throw new IllegalStateException("System property " + PROPERTY + " asks for " + name + ", but " + obstacle);
        }
        return provider;
    }

    /** All there are, the highest rank first. One of another module that does not load is left out with a warning. */
    private static List<SolverProvider> providers() {
        List<SolverProvider> providers = new ArrayList<>(own());
        var others = ServiceLoader.load(SolverProvider.class).iterator();
        while (true) {
            try {
                if (!others.hasNext()) {
                    break;
                }
                providers.add(others.next());
            } catch (ServiceConfigurationError e) {
                LOG.warn("A provider of linear algebra is left out: {}", e.getMessage());
            }
        }
        providers.sort(Comparator.comparingInt(SolverProvider::rank).reversed());
        return providers;
    }
}
