package io.github.dl4jkfac.solve;

import java.lang.ref.Reference;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link PortableSolver} for a LAPACK that computes wrong results. ND4J's eigenvectors come from the same library, so these
 * are computed by routines that work on packed triangles, vector by vector: they share no kernel with the products of
 * matrices that were found wrong. They take several times as long.
 */
final class UnblockedSolver extends PortableSolver {

    @Override
    public String toString() {
        return "ND4J operations, unblocked LAPACK";
    }

    @Override
    public void eigen(INDArray symmetric, INDArray values) {
        ColumnMajor matrix = ColumnMajor.square(symmetric, "symmetric");
        int n = matrix.rows();
        ColumnMajor.requireVector(values, "values", symmetric.dataType(), n);
        Blas blas = Blas.of(symmetric.dataType());
        LapackSolver.requireFinite(blas, matrix, 0);
        try (Pointer packed = blas.allocate((long) n * (n + 1) / 2)) {
            Pointer read = blas.pointer(symmetric);
            long position = 0;
            for (int j = 0; j < n; j++) {
                blas.copy(n - j, read, j * (matrix.ld() + 1L), 1, packed, position, 1);
                position += n - j;
            }
            int info = blas.spev(n, packed.position(0), blas.pointer(values), blas.pointer(symmetric), matrix.ld());
            Reference.reachabilityFence(symmetric);
            Reference.reachabilityFence(values);
            if (info != 0) {
                throw FactorisationException.noConvergence(n, info);
            }
        }
    }
}
