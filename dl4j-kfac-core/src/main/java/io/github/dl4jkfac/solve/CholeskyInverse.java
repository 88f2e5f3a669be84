package io.github.dl4jkfac.solve;

import org.bytedeco.javacpp.Pointer;

/**
 * The inverse from its Cholesky factor, by LAPACK's {@code potri} on even orders only.
 *
 * <p>On odd orders from 133 on, {@code spotri} of OpenBLAS 0.3.19 ends the JVM where that library takes the kernels named
 * Prescott, which it does on all processors that it does not know: a triangular solve reads four numbers at an address
 * that is no multiple of 16. An odd order is an even one with a border, whose inverse is known: with
 *
 * <pre>
 *   A = [A1 a; a^T c] = L L^T,   L = [L1 0; l^T d],   u = A1^-1 a = L1^-T l:
 *   A^-1 = [A1^-1 + u u^T / d^2   -u / d^2; .   1 / d^2]
 * </pre>
 */
final class CholeskyInverse {

    private CholeskyInverse() {}

    /**
     * Replaces the factor L by the lower triangle of (L L^T)^-1.
     *
     * @param matrix has L in its lower triangle; of the upper one the last column is overwritten
     * @return 0, or the place of the zero on the diagonal
     */
    static int ofFactor(Blas blas, ColumnMajor matrix) {
        int n = matrix.rows();
        Pointer a = blas.pointer(matrix.array());
        return n == 1 || n % 2 == 0 ? blas.potri(n, a, matrix.ld()) : bordered(blas, matrix, a);
    }

    private static int bordered(Blas blas, ColumnMajor matrix, Pointer leading) {
        int m = matrix.rows() - 1;
        int ld = matrix.ld();
        Pointer row = blas.pointer(matrix.array());
        Pointer column = blas.pointer(matrix.array());
        long lastColumn = (long) m * ld;
        double pivot = blas.get(row, lastColumn + m);
        double scale = 1 / (pivot * pivot);
        // The last column's place above the diagonal is free: u is worked out there, where it is contiguous.
        blas.copy(m, row, m, ld, column, lastColumn, 1);
        blas.trsvTransposed(m, leading, ld, column, lastColumn);
        int info = blas.potri(m, leading, ld);
        blas.syr(m, scale, column, lastColumn, leading, ld);
        blas.scale(m, -scale, column, lastColumn, 1);
        blas.copy(m, column, lastColumn, 1, row, m, ld);
        blas.put(row, lastColumn + m, scale);
        return info;
    }
}
