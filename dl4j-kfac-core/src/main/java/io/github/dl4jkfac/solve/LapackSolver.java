package io.github.dl4jkfac.solve;

import java.lang.ref.Reference;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * {@link SymmetricSolver} that calls OpenBLAS on the arrays' own buffers, for ND4J's CPU backend.
 *
 * <p>ND4J's own inverse and Cholesky operations are no alternative in 1.0.0-M2.1: the first fails,
 * the second demands bit-exact symmetry, and the product of a matrix with itself costs twice a SYRK.
 */
// Every method ends with reachability fences: once the pointers are taken, the JIT may consider the
// arrays dead, and ND4J frees the buffers of unreachable arrays from another thread.
public final class LapackSolver implements SymmetricSolver {

    /** Creates the solver; it loads OpenBLAS at its first use. */
    public LapackSolver() {}

    @Override
    public String toString() {
        return "LAPACK (OpenBLAS)";
    }

    /** Side of the blocks in {@link #mirrorLower}: one block and its image fit the L1 cache. */
    private static final int MIRROR_BLOCK = 64;

    /**
     * Loads OpenBLAS.
     *
     * @throws LinkageError if the classes of {@code org.bytedeco:openblas} or its library for this
     *     platform are missing
     */
    static void load() {
        openblas.blas_get_vendor();
    }

    @Override
    public void gramLower(INDArray x, double alpha, double beta, INDArray c) {
        if (x.rank() != 2) {
            throw new IllegalArgumentException("x must have rank 2, but has " + x.rank());
        }
        ColumnMajor target = ColumnMajor.of(c, "c", x.dataType(), x.size(1), x.size(1));
        if (ColumnMajor.isColumnMajor(x)) {
            ColumnMajor source = ColumnMajor.of(x, "x");
            syrk(true, source.rows(), source, alpha, beta, target);
        } else if (ColumnMajor.isRowMajor(x)) {
            ColumnMajor source = ColumnMajor.ofTransposed(x);
            syrk(false, source.cols(), source, alpha, beta, target);
        } else {
            try (INDArray copy = columnMajorCopy(x)) {
                ColumnMajor source = ColumnMajor.of(copy, "x");
                syrk(true, source.rows(), source, alpha, beta, target);
            }
        }
    }

    @SuppressWarnings("try")
    private static INDArray columnMajorCopy(INDArray x) {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return x.dup('f');
        }
    }

    private static void syrk(boolean transposed, int k, ColumnMajor a, double alpha, double beta, ColumnMajor c) {
        Blas blas = Blas.of(c.array().dataType());
        blas.syrk(
                transposed, c.rows(), k, alpha, blas.pointer(a.array()), a.ld(), beta, blas.pointer(c.array()), c.ld());
        Reference.reachabilityFence(a.array());
        Reference.reachabilityFence(c.array());
    }

    @Override
    public void invert(INDArray m, double shift, INDArray out) {
        ColumnMajor source = ColumnMajor.square(m, "m");
        int n = source.rows();
        ColumnMajor target = ColumnMajor.of(out, "out", m.dataType(), n, n);
        Blas blas = Blas.of(m.dataType());
        Pointer a = blas.pointer(out);
        requireFinite(blas, source, shift);
        blas.copyLower(n, blas.pointer(m), source.ld(), a, target.ld());
        blas.shiftDiagonal(n, a, target.ld(), shift);
        int info = blas.potrf(n, a, target.ld());
        if (info == 0) {
            info = CholeskyInverse.ofFactor(blas, target);
        }
        if (info != 0) {
            throw FactorisationException.notPositiveDefinite(n, shift, info);
        }
        // The trace bounds every entry of a positive definite matrix.
        if (!Double.isFinite(blas.absSum(n, a, 0, target.ld() + 1))) {
            throw FactorisationException.singular(n, shift);
        }
        mirror(blas, target);
        Reference.reachabilityFence(m);
        Reference.reachabilityFence(out);
    }

    @Override
    public void sandwich(INDArray left, INDArray v, INDArray right, INDArray work, INDArray out) {
        ColumnMajor a = ColumnMajor.of(v, "v");
        DataType type = v.dataType();
        int rows = a.rows();
        int cols = a.cols();
        ColumnMajor l = ColumnMajor.of(left, "left", type, rows, rows);
        ColumnMajor r = ColumnMajor.of(right, "right", type, cols, cols);
        ColumnMajor w = ColumnMajor.of(work, "work", type, rows, cols);
        ColumnMajor o = ColumnMajor.of(out, "out", type, rows, cols);
        Blas blas = Blas.of(type);
        Pointer product = blas.pointer(work);
        blas.symm(true, rows, cols, blas.pointer(left), l.ld(), blas.pointer(v), a.ld(), product, w.ld());
        blas.symm(false, rows, cols, blas.pointer(right), r.ld(), product, w.ld(), blas.pointer(out), o.ld());
        Reference.reachabilityFence(left);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(right);
        Reference.reachabilityFence(work);
        Reference.reachabilityFence(out);
    }

    @Override
    public void eigen(INDArray symmetric, INDArray values) {
        ColumnMajor matrix = ColumnMajor.square(symmetric, "symmetric");
        int n = matrix.rows();
        ColumnMajor.requireVector(values, "values", symmetric.dataType(), n);
        Blas blas = Blas.of(symmetric.dataType());
        // LAPACK may loop or crash on NaN.
        requireFinite(blas, matrix, 0);
        int info = blas.syevd(n, blas.pointer(symmetric), matrix.ld(), blas.pointer(values));
        Reference.reachabilityFence(symmetric);
        Reference.reachabilityFence(values);
        if (info != 0) {
            throw FactorisationException.noConvergence(n, info);
        }
    }

    @Override
    public void mirrorLower(INDArray a) {
        mirror(Blas.of(a.dataType()), ColumnMajor.square(a, "a"));
        Reference.reachabilityFence(a);
    }

    @Override
    public void copyMatrix(INDArray from, INDArray to) {
        ColumnMajor.requireShape(from, "from", to.dataType(), to.size(0), to.size(1));
        if (!ColumnMajor.isColumnMajor(from) || !ColumnMajor.isColumnMajor(to)) {
            to.assign(from);
            return;
        }
        ColumnMajor source = ColumnMajor.of(from, "from");
        ColumnMajor target = ColumnMajor.of(to, "to");
        Blas blas = Blas.of(to.dataType());
        Pointer read = blas.pointer(from);
        Pointer write = blas.pointer(to);
        if (source.rows() == 1) {
            blas.copy(source.cols(), read, 0, source.ld(), write, 0, target.ld());
        } else {
            for (int j = 0; j < source.cols(); j++) {
                blas.copy(source.rows(), read, (long) j * source.ld(), 1, write, (long) j * target.ld(), 1);
            }
        }
        Reference.reachabilityFence(from);
        Reference.reachabilityFence(to);
    }

    /** Refuses NaN and infinity, which Cholesky would report as an indefinite matrix or not at all. */
    static void requireFinite(Blas blas, ColumnMajor a, double shift) {
        Pointer pointer = blas.pointer(a.array());
        double sum = shift;
        for (int j = 0; j < a.cols(); j++) {
            sum += blas.absSum(a.rows() - j, pointer, j * (a.ld() + 1L), 1);
        }
        if (!Double.isFinite(sum)) {
            throw FactorisationException.nonFinite(a.rows(), shift);
        }
    }

    // Column by column, the strided writes of a large matrix would each miss the cache.
    private static void mirror(Blas blas, ColumnMajor a) {
        int n = a.rows();
        long ld = a.ld();
        Pointer read = blas.pointer(a.array());
        Pointer write = blas.pointer(a.array());
        for (int left = 0; left < n; left += MIRROR_BLOCK) {
            int right = Math.min(n, left + MIRROR_BLOCK);
            for (int top = left; top < n; top += MIRROR_BLOCK) {
                int bottom = Math.min(n, top + MIRROR_BLOCK);
                for (int j = left; j < right; j++) {
                    int i = Math.max(top, j + 1);
                    if (i < bottom) {
                        blas.copy(bottom - i, read, j * ld + i, 1, write, i * ld + j, a.ld());
                    }
                }
            }
        }
    }
}
