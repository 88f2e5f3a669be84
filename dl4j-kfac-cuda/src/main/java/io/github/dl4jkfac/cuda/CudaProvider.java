package io.github.dl4jkfac.cuda;

import io.github.dl4jkfac.solve.SolverProvider;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;

/**
 * cuSOLVER and cuBLAS for inverses, eigenvectors and two-sided products of large matrices, if ND4J works on the CPU and there is a GPU that CUDA
 * can use. It is the first one that CUDA shows to the process.
 *
 * <p>The device is looked for and checked once in a process, at the first question for an obstacle. Whatever is missing
 * becomes an obstacle, and no question throws.
 */
public final class CudaProvider implements SolverProvider {

    /**
     * System property with the order from which matrices go to the GPU, {@value #DEFAULT_LEAST_ORDER} if it is not set. The
     * factors of a dense layer have the order of its inputs plus one, and that of its outputs. Preconditioning goes to the GPU where
     * the harmonic mean of the two is twice the number.
     */
    public static final String LEAST_ORDER = "dl4jkfac.cuda.leastOrder";

    /** Of smaller matrices most of the time would go into copies and into starting kernels. */
    public static final int DEFAULT_LEAST_ORDER = 256;

    /** Creates the provider; it touches no native code. */
    public CudaProvider() {}

    @Override
    public String name() {
        return "cuda";
    }

    /** {@inheritDoc} Before LAPACK. */
    @Override
    public int rank() {
        return 200;
    }

    @Override
    public String obstacle() {
        OpExecutioner.ExecutionerType backend = Nd4j.getExecutioner().type();
        if (backend != OpExecutioner.ExecutionerType.NATIVE_CPU) {
            return "the ND4J backend is " + backend;
        }
        return DeviceSearch.ofProcess().obstacle();
    }

    /**
     * {@inheritDoc} It is to be called where there is no obstacle.
     *
     * @throws IllegalArgumentException if the system property {@value #LEAST_ORDER} is no positive integer
     * @throws IllegalStateException if there is an obstacle
     */
    @Override
    public SymmetricSolver create() {
        String obstacle = obstacle();
        if (obstacle != null) {
            throw new IllegalStateException("There is no GPU to compute on, as " + obstacle);
        }
        return new CudaSolver(DeviceSearch.ofProcess().device(), Solvers.ofLibrary(), leastOrder());
    }

    static int leastOrder() {
        String value = System.getProperty(LEAST_ORDER, Integer.toString(DEFAULT_LEAST_ORDER));
        try {
            int order = Integer.parseInt(value.strip());
            if (order >= 1) {
                return order;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message for all that is wrong
        }
        throw new IllegalArgumentException(
                "System property " + LEAST_ORDER + " must be a positive integer, but is '" + value + "'");
    }
}
