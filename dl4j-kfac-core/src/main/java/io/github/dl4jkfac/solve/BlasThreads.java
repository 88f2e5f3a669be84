package io.github.dl4jkfac.solve;

import org.nd4j.linalg.factory.Environment;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The number of CPU threads used by matrix products and by ND4J's other operations, for the whole
 * process.
 *
 * <p>ND4J keeps the two numbers apart: its BLAS library has its own threads, and so have its
 * element-wise operations. With several Java threads doing linear algebra at once, fewer threads
 * for each are faster, since idle BLAS threads spin for a while before they sleep.
 */
public final class BlasThreads {

    private BlasThreads() {}

    /**
     * Sets the number of threads of both BLAS and ND4J's own operations.
     *
     * <p>ND4J fixes an upper bound for its own operations when it starts, the number of cores or the
     * environment variable {@code OMP_NUM_THREADS}; a larger number has no effect there.
     *
     * @param n number of threads
     * @throws IllegalArgumentException if n is less than 1
     */
    public static void set(int n) {
        if (n < 1) {
            throw new IllegalArgumentException("Number of threads must be at least 1, but is " + n);
        }
        Nd4j.factory().blas().setMaxThreads(n);
        Environment environment = Nd4j.getEnvironment();
        environment.setMaxThreads(n);
        environment.setMaxMasterThreads(n);
    }

    /** {@return the number of threads of BLAS} */
    public static int get() {
        return Nd4j.factory().blas().getMaxThreads();
    }
}
