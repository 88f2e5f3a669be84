package io.github.dl4jkfac.solve;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** {@link SymmetricSolver} made of ND4J operations alone, for any backend. */
// The inverse is a blocked Cholesky method, as ND4J 1.0.0-M2.1 has no usable inverse or Cholesky
// operation. With the factor L of the leading block known by its inverse, the blocks follow as
//   L21 = A21 L11^-T,  A22 <- A22 - L21 L21^T,  (L^-1)21 = -L22^-1 L21 L11^-1,
// so all but small diagonal blocks is matrix products. Inverting by Schur complements would need no
// leaf routine, but loses accuracy with a power of the condition number.
@SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
public class PortableSolver implements SymmetricSolver {

    /** Diagonal blocks up to this order are mirrored in Java, to save ND4J calls on tiny arrays. */
    private static final int MIRROR_LEAF = 64;

    /** Creates the solver. */
    public PortableSolver() {}

    @Override
    public String toString() {
        return "portable (ND4J operations)";
    }

    @Override
    public void gramLower(INDArray x, double alpha, double beta, INDArray c) {
        if (x.rank() != 2) {
            throw new IllegalArgumentException("x must have rank 2, but has " + x.rank());
        }
        ColumnMajor.of(c, "c", x.dataType(), x.size(1), x.size(1));
        try (MemoryWorkspace ignored = outOfWorkspaces();
                INDArray product = Nd4j.create(c.dataType(), c.shape(), 'f')) {
            x.transpose().mmuli(x, product).muli(alpha);
            if (beta == 0) {
                c.assign(product);
            } else {
                c.muli(beta).addi(product);
            }
        }
    }

    @Override
    public void invert(INDArray m, double shift, INDArray out) {
        int n = ColumnMajor.square(m, "m").rows();
        ColumnMajor.of(out, "out", m.dataType(), n, n);
        try (MemoryWorkspace ignored = outOfWorkspaces();
                INDArray factor = m.dup('f')) {
            new RecursiveCholesky(factor, shift).compute(0, n);
            try (INDArray inverse = factor.transpose().mmul(factor)) {
                if (!Double.isFinite(inverse.sumNumber().doubleValue())) {
                    throw FactorisationException.singular(n, shift);
                }
                // BLAS rounds the two triangles differently.
                out.assign(inverse).addi(inverse.transpose()).muli(0.5);
            }
        }
    }

    @Override
    public void sandwich(INDArray left, INDArray v, INDArray right, INDArray work, INDArray out) {
        int rows = ColumnMajor.of(v, "v").rows();
        int cols = ColumnMajor.of(v, "v").cols();
        DataType type = v.dataType();
        ColumnMajor.of(left, "left", type, rows, rows);
        ColumnMajor.of(right, "right", type, cols, cols);
        ColumnMajor.of(work, "work", type, rows, cols);
        ColumnMajor.of(out, "out", type, rows, cols);
        try (MemoryWorkspace ignored = outOfWorkspaces()) {
            left.mmuli(v, work);
            work.mmuli(right, out);
        }
    }

    @Override
    public void eigen(INDArray symmetric, INDArray values) {
        int n = ColumnMajor.square(symmetric, "symmetric").rows();
        ColumnMajor.requireVector(values, "values", symmetric.dataType(), n);
        try (MemoryWorkspace ignored = outOfWorkspaces();
                INDArray vectors = symmetric.dup('f');
                INDArray ascending = Nd4j.create(symmetric.dataType(), n)) {
            mirrorLower(vectors);
            if (!Double.isFinite(vectors.sumNumber().doubleValue())) {
                throw FactorisationException.nonFinite(n, 0);
            }
            int info = Nd4j.getBlasWrapper().lapack().syev('V', 'L', vectors, ascending);
            if (info != 0) {
                throw FactorisationException.noConvergence(n, info);
            }
            symmetric.assign(vectors);
            values.assign(ascending.reshape(values.shape()));
        }
    }

    @Override
    public void mirrorLower(INDArray a) {
        int n = ColumnMajor.square(a, "a").rows();
        try (MemoryWorkspace ignored = outOfWorkspaces()) {
            mirror(a, 0, n);
        }
    }

    @Override
    public void copyMatrix(INDArray from, INDArray to) {
        ColumnMajor.requireShape(from, "from", to.dataType(), to.size(0), to.size(1));
        to.assign(from);
    }

    private static void mirror(INDArray a, int from, int to) {
        if (to - from <= MIRROR_LEAF) {
            INDArray block = block(a, from, to, from, to);
            int n = to - from;
            double[] values = values(block);
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < i; j++) {
                    values[j * n + i] = values[i * n + j];
                }
            }
            assign(block, values);
            return;
        }
        int middle = (from + to) >>> 1;
        mirror(a, from, middle);
        mirror(a, middle, to);
        block(a, from, middle, middle, to)
                .assign(block(a, middle, to, from, middle).transpose());
    }

    /** Returns the entries row by row. ND4J's toDoubleMatrix() would make a native object for each. */
    static double[] values(INDArray block) {
        try (INDArray copy = block.dup('c')) {
            return copy.data().asDouble();
        }
    }

    /** Sets the entries, given row by row. */
    static void assign(INDArray block, double[] values) {
        long[] strides = {block.size(1), 1};
        try (INDArray source = Nd4j.create(values, block.shape(), strides, 'c', DataType.DOUBLE)) {
            block.assign(source);
        }
    }

    static INDArray block(INDArray a, int top, int bottom, int left, int right) {
        INDArrayIndex rows = NDArrayIndex.interval(top, bottom);
        return a.get(rows, NDArrayIndex.interval(left, right));
    }

    private static MemoryWorkspace outOfWorkspaces() {
        return Nd4j.getMemoryManager().scopeOutOfWorkspaces();
    }
}
