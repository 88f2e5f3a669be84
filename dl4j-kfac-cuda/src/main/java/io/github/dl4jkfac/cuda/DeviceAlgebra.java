package io.github.dl4jkfac.cuda;

import io.github.dl4jkfac.solve.FactorisationException;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a device computes with matrices that lie in main memory. It copies them to itself and the results back. All
 * methods may be called by several threads.
 */
interface DeviceAlgebra {

    /** {@return the name of the device} */
    String name();

    /**
     * Inverts a positive definite matrix: {@code out <- (M + shift I)^-1}.
     *
     * @param m of which only the lower triangle counts; not modified
     * @param shift amount added to the diagonal
     * @param out of the same order and type, receives both triangles, equal to the last bit; unspecified after an exception
     * @throws FactorisationException if the matrix has no such inverse
     * @throws DeviceException if the device has failed
     */
    void invert(HostMatrix m, double shift, HostMatrix out);

    /**
     * Computes eigenvalues and eigenvectors.
     *
     * @param symmetric of which only the lower triangle counts; overwritten with one eigenvector in each column
     * @param values vector with stride 1, receives the eigenvalues in ascending order
     * @throws FactorisationException if the matrix is not finite or the iteration does not converge
     * @throws DeviceException if the device has failed; the matrix is what it was
     * @throws IllegalStateException if the device has failed while the matrix was being overwritten
     */
    void eigen(HostMatrix symmetric, INDArray values);

    /**
     * Multiplies from both sides: {@code out <- L V R}.
     *
     * @param left L, [r, r], full; not modified
     * @param v V, [r, c]; not modified unless it is also {@code out}
     * @param right R, [c, c], full; not modified
     * @param out [r, c]
     * @throws DeviceException if the device has failed; V is what it was
     * @throws IllegalStateException if the device has failed while {@code out} was being overwritten
     */
    void sandwich(HostMatrix left, HostMatrix v, HostMatrix right, HostMatrix out);
}
