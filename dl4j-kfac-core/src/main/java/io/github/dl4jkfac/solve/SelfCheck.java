package io.github.dl4jkfac.solve;

import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Compares native results on small matrices with plain Java's. OpenBLAS 0.3.19, for one, multiplies symmetric matrices
 * of {@code DOUBLE} wrongly on processors with AVX-512, and says nothing.
 *
 * <p>The orders are odd and even, below and beyond the widths of kernels. All is computed with the solver itself, by the
 * calls that a training step makes; none of them can end the JVM ({@link CholeskyInverse}).
 */
@SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
final class SelfCheck {

    private static final int[] ORDERS = {5, 33, 64, 133};

    private final DataType type;

    /** Greatest error that rounding can explain, relative to the greatest entry; rounding makes a tenth of it at most. */
    private final double tolerance;

    private String failure;

    private SelfCheck(DataType type) {
        this.type = type;
        this.tolerance = type == DataType.DOUBLE ? 1e-11 : 1e-3;
    }

    /**
     * Checks all that a solver computes with numbers of one type.
     *
     * @return what is wrong, in words; null if nothing is
     */
    static String ofSolver(SymmetricSolver solver, DataType type) {
        SelfCheck check = new SelfCheck(type);
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            for (int n : ORDERS) {
                check.solver(solver, n);
            }
        }
        return check.failure;
    }

    /**
     * Checks ND4J's matrix product, of all layouts.
     *
     * @return what is wrong, in words; null if nothing is
     */
    static String ofProducts(DataType type) {
        SelfCheck check = new SelfCheck(type);
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            for (int n : ORDERS) {
                check.products(n);
            }
        }
        return check.failure;
    }

    private void solver(SymmetricSolver solver, int n) {
        Dense x = Dense.random(n + 3, n, n);
        Dense v = Dense.random(n, n, n + 1);
        Dense gram = x.transposed().times(x).scaled(1.0 / x.rows);
        try (INDArray rows = array(x);
                INDArray full = array(gram);
                INDArray right = array(v);
                INDArray work = array(v);
                INDArray out = array(v);
                INDArray values = Nd4j.create(type, n)) {
            solver.gramLower(rows, 1.0 / x.rows, 0, out);
            solver.mirrorLower(out);
            expect("the Gram matrix (syrk)", n, Dense.of(out), gram);

            solver.sandwich(full, right, full, work, out);
            expect(
                    "the two-sided product (symm)",
                    n,
                    Dense.of(out),
                    gram.times(v).times(gram));

            solver.invert(full, 1, out);
            Dense shifted = gram.plus(Dense.identity(n));
            expect("the inverse (potrf, potri)", n, shifted.times(Dense.of(out)), Dense.identity(n));

            solver.eigen(full, values);
            Dense q = Dense.of(full);
            expect("the eigenvectors (syevd)", n, q.transposed().times(q), Dense.identity(n));
            Dense diagonal = Dense.diagonal(values.data().asDouble());
            expect("the eigenvalues (syevd)", n, q.times(diagonal).times(q.transposed()), gram);
        } catch (FactorisationException e) {
            fail("the inverse or the eigenvalues cannot be had at order " + n + ": " + e.getMessage());
        }
    }

    private void products(int n) {
        Dense left = Dense.random(n, n + 2, n);
        Dense right = Dense.random(n + 2, n + 1, n + 1);
        Dense expected = left.times(right);
        for (int layout = 0; layout < 4; layout++) {
            boolean transposeLeft = layout % 2 == 1;
            boolean transposeRight = layout >= 2;
            try (INDArray a = array(transposeLeft ? left.transposed() : left);
                    INDArray b = array(transposeRight ? right.transposed() : right);
                    INDArray product = Nd4j.gemm(a, b, transposeLeft, transposeRight)) {
                expect("the matrix product (gemm)", n, Dense.of(product), expected);
            }
        }
    }

    private void expect(String what, int n, Dense actual, Dense expected) {
        double error = actual.distance(expected) / expected.greatest();
        if (!(error <= tolerance)) {
            fail(String.format(Locale.ROOT, "%s of order %d is off by %.2g", what, n, error));
        }
    }

    private void fail(String what) {
        if (failure == null) {
            failure = what;
        }
    }

    /** As a column-major array. */
    private INDArray array(Dense matrix) {
        INDArray array = Nd4j.create(type, new long[] {matrix.rows, matrix.cols}, 'f');
        PortableSolver.assign(array, matrix.values);
        return array;
    }

    /** A matrix in plain Java, row by row. */
    private record Dense(int rows, int cols, double[] values) {

        static Dense zeros(int rows, int cols) {
            return new Dense(rows, cols, new double[rows * cols]);
        }

        static Dense of(INDArray array) {
            return new Dense(array.rows(), array.columns(), PortableSolver.values(array));
        }

        /** Numbers that FLOAT has exactly. */
        static Dense random(int rows, int cols, int seed) {
            Random random = new Random(seed);
            Dense matrix = zeros(rows, cols);
            for (int i = 0; i < matrix.values.length; i++) {
                matrix.values[i] = random.nextFloat() - 0.5f;
            }
            return matrix;
        }

        static Dense diagonal(double[] values) {
            Dense matrix = zeros(values.length, values.length);
            for (int i = 0; i < values.length; i++) {
                matrix.values[i * (values.length + 1)] = values[i];
            }
            return matrix;
        }

        static Dense identity(int n) {
            double[] ones = new double[n];
            Arrays.fill(ones, 1);
            return diagonal(ones);
        }

        Dense transposed() {
            Dense result = zeros(cols, rows);
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < cols; j++) {
                    result.values[j * rows + i] = values[i * cols + j];
                }
            }
            return result;
        }

        Dense times(Dense other) {
            Dense result = zeros(rows, other.cols);
            for (int i = 0; i < rows; i++) {
                for (int k = 0; k < cols; k++) {
                    double factor = values[i * cols + k];
                    for (int j = 0; j < other.cols; j++) {
                        result.values[i * other.cols + j] += factor * other.values[k * other.cols + j];
                    }
                }
            }
            return result;
        }

        Dense plus(Dense other) {
            Dense result = zeros(rows, cols);
            for (int i = 0; i < values.length; i++) {
                result.values[i] = values[i] + other.values[i];
            }
            return result;
        }

        Dense scaled(double factor) {
            Dense result = zeros(rows, cols);
            for (int i = 0; i < values.length; i++) {
                result.values[i] = factor * values[i];
            }
            return result;
        }

        double greatest() {
            return distance(zeros(rows, cols));
        }

        /** The greatest difference between entries; NaN if there is one. */
        double distance(Dense other) {
            double greatest = 0;
            for (int i = 0; i < values.length; i++) {
                greatest = Math.max(greatest, Math.abs(values[i] - other.values[i]));
            }
            return greatest;
        }
    }
}
