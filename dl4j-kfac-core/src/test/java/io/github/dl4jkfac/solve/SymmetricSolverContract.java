package io.github.dl4jkfac.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.dl4jkfac.solve.FactorisationException.Reason;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What every {@link SymmetricSolver} must do. Expected values are computed in double precision. */
abstract class SymmetricSolverContract {

    private final SymmetricSolver solver = createSolver();

    abstract SymmetricSolver createSolver();

    private static double tolerance(DataType type) {
        return type == DataType.DOUBLE ? 1e-12 : 1e-5;
    }

    static Stream<Arguments> layouts() {
        return Stream.of(DataType.FLOAT, DataType.DOUBLE)
                .flatMap(type -> Stream.of(Matrices.Layout.values()).map(layout -> Arguments.of(type, layout)));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void gramOfEveryLayout(DataType type, Matrices.Layout layout) {
        for (int[] shape : new int[][] {{1, 1}, {1, 7}, {7, 1}, {5, 9}, {90, 33}}) {
            INDArray values = Matrices.random(shape[0], shape[1]);
            INDArray x = layout.of(values, type);
            INDArray c = Matrices.filled(shape[1], Double.NaN, type);

            solver.gramLower(x, 0.5, 0, c);
            solver.mirrorLower(c);

            assertThat(Matrices.error(c, values.transpose().mmul(values).mul(0.5)))
                    .isLessThan(tolerance(type));
            assertThat(Matrices.error(x, values)).as("x unchanged").isLessThan(1e-7);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void gramAccumulatesIntoLeadingBlock(DataType type) {
        int d = 40;
        INDArray values = Matrices.random(25, d);
        INDArray old = Matrices.spd(d, 10, 3);
        INDArray big = Matrices.filled(d + 3, 7, type);
        INDArray c = Matrices.block(big, 0, d, 0, d);
        c.assign(old.castTo(type));

        solver.gramLower(values.castTo(type).dup('f'), 0.25, 0.75, c);
        solver.mirrorLower(c);

        INDArray expected = values.transpose().mmul(values).mul(0.25).add(old.mul(0.75));
        assertThat(Matrices.error(c, expected)).isLessThan(tolerance(type));
        assertThat(Matrices.block(big, d, d + 3, 0, d + 3).minNumber().doubleValue())
                .isEqualTo(7);
        assertThat(Matrices.block(big, 0, d, d, d + 3).maxNumber().doubleValue())
                .isEqualTo(7);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void inverseIsAsAccurateAsTheConditionAllows(DataType type) {
        double unit = type == DataType.DOUBLE ? 1e-15 : 1e-7;
        double[] conditions = type == DataType.DOUBLE ? new double[] {1, 1e2, 1e4, 1e6} : new double[] {1, 1e2, 1e4};
        for (int n : new int[] {1, 2, 3, 63, 64, 65, 133, 200}) {
            for (double condition : conditions) {
                // The rounded matrix is the problem to solve: its inverse differs from the original's.
                INDArray m = Matrices.spd(n, condition, n).castTo(type).dup('f');
                INDArray before = m.dup();
                INDArray out = Matrices.filled(n, Double.NaN, type);

                solver.invert(m, 0, out);

                INDArray residual = m.castTo(DataType.DOUBLE).mmul(out.castTo(DataType.DOUBLE));
                assertThat(Matrices.error(residual, Nd4j.eye(n).castTo(DataType.DOUBLE)))
                        .as("n %d, condition %g", n, condition)
                        .isLessThan(10 * condition * unit);
                assertThat(Matrices.error(out.transpose(), out.castTo(DataType.DOUBLE)))
                        .as("symmetric")
                        .isZero();
                assertThat(Matrices.error(m, before.castTo(DataType.DOUBLE)))
                        .as("m unchanged")
                        .isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void inverseReadsLowerTriangleOfViewOnlyAndAddsShift(DataType type) {
        int n = 150;
        INDArray values = Matrices.spd(n, 50, 11);
        INDArray m = Matrices.Layout.BLOCK.of(values, type);
        for (int j = 1; j < n; j++) {
            m.putScalar(j - 1, j, Double.NaN);
        }
        INDArray out = Matrices.block(Matrices.filled(n + 4, 0, type), 2, n + 2, 3, n + 3);

        solver.invert(m, 0.5, out);

        INDArray shifted = values.add(Nd4j.eye(n).castTo(DataType.DOUBLE).mul(0.5));
        INDArray product = shifted.mmul(out.castTo(DataType.DOUBLE));
        assertThat(Matrices.error(product, Nd4j.eye(n).castTo(DataType.DOUBLE))).isLessThan(100 * tolerance(type));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void indefiniteMatrixNamesTheMinor(DataType type) {
        int n = 100;
        INDArray m = Nd4j.eye(n).castTo(type).dup('f');
        m.putScalar(80, 80, -2);

        FactorisationException failure = failure(m, 1.5);

        assertThat(failure.reason()).isEqualTo(Reason.NOT_POSITIVE_DEFINITE);
        assertThat(failure.leadingMinor()).isEqualTo(81);
        assertThat(failure)
                .hasMessageContaining("order 100")
                .hasMessageContaining("minor 81")
                .hasMessageContaining("1.5");
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void nonFiniteMatrixIsRefused(DataType type) {
        int n = 100;
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            for (int[] place : new int[][] {{3, 3}, {90, 2}, {99, 98}, {99, 99}}) {
                INDArray m = Matrices.spd(n, 10, 5).castTo(type).dup('f');
                m.putScalar(place[0], place[1], bad);
                assertThat(failure(m, 0).reason()).isEqualTo(Reason.NON_FINITE);
                assertThatThrownBy(() -> solver.eigen(m, Nd4j.create(type, n)))
                        .isInstanceOf(FactorisationException.class);
            }
        }
        assertThat(failure(Matrices.spd(n, 10, 5).castTo(type).dup('f'), Double.NaN)
                        .reason())
                .isEqualTo(Reason.NON_FINITE);
    }

    @Test
    void overflowingInverseIsRefused() {
        INDArray m = Nd4j.eye(70).castTo(DataType.FLOAT).mul(1e-42).dup('f');
        assertThat(failure(m, 0).reason()).isEqualTo(Reason.SINGULAR);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void solversAgree(DataType type) {
        SymmetricSolver other = Solvers.forBackend();
        INDArray m = Matrices.spd(130, 100, 9).castTo(type).dup('f');
        INDArray expected = m.dup('f');
        INDArray actual = m.dup('f');

        other.invert(m, 0.01, expected);
        solver.invert(m, 0.01, actual);

        assertThat(Matrices.error(actual, expected.castTo(DataType.DOUBLE))).isLessThan(10 * tolerance(type));
    }

    @Test
    void callersWorkspaceIsNotUsed() {
        INDArray m = Matrices.spd(70, 10, 1);
        INDArray x = Matrices.Layout.SPREAD.of(m, DataType.DOUBLE);
        INDArray out = m.dup('f');
        INDArray work = m.dup('f');
        INDArray values = Nd4j.create(DataType.DOUBLE, 70);
        WorkspaceConfiguration configuration =
                WorkspaceConfiguration.builder().initialSize(4 << 20).build();
        try (MemoryWorkspace workspace =
                Nd4j.getWorkspaceManager().getAndActivateWorkspace(configuration, "SymmetricSolverContract")) {
            long before = workspace.getPrimaryOffset();

            solver.invert(m, 0, out);
            solver.gramLower(x, 1, 0, out);
            solver.mirrorLower(out);
            solver.sandwich(m, out, m, work, out);
            solver.copyMatrix(m, out);
            solver.eigen(out, values);

            assertThat(workspace.getPrimaryOffset()).isEqualTo(before);
        }
    }

    private FactorisationException failure(INDArray m, double shift) {
        INDArray out = Nd4j.create(m.dataType(), m.shape(), 'f');
        return catchThrowableOfType(FactorisationException.class, () -> solver.invert(m, shift, out));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void sandwichMultipliesFromBothSides(DataType type) {
        for (int[] shape : new int[][] {{1, 1}, {1, 6}, {6, 1}, {31, 20}, {20, 70}}) {
            INDArray left = Matrices.spd(shape[0], 10, 1);
            INDArray right = Matrices.spd(shape[1], 10, 2);
            INDArray values = Matrices.random(shape[0], shape[1]);
            INDArray expected = left.mmul(values).mmul(right);
            INDArray work = Nd4j.create(type, values.shape(), 'f');
            INDArray out = Matrices.Layout.BLOCK.of(values.mul(0), type);
            INDArray v = Matrices.Layout.BLOCK.of(values, type);
            INDArray l = Matrices.Layout.BLOCK.of(left, type);
            INDArray r = right.castTo(type).dup('f');

            solver.sandwich(l, v, r, work, out);

            assertThat(Matrices.error(out, expected)).isLessThan(tolerance(type));
            assertThat(Matrices.error(v, values)).as("v unchanged").isLessThan(1e-7);
            solver.sandwich(l, v, r, work, v);
            assertThat(Matrices.error(v, expected)).as("in place").isLessThan(tolerance(type));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void eigenvectorsDiagonalise(DataType type) {
        for (int n : new int[] {1, 2, 65}) {
            INDArray values = Matrices.random(n, n);
            INDArray symmetric = values.add(values.transpose());
            INDArray vectors = Matrices.Layout.BLOCK.of(symmetric, type);
            for (int j = 1; j < n; j++) {
                vectors.putScalar(j - 1, j, Double.NaN);
            }
            INDArray eigenvalues = Nd4j.create(type, n);

            solver.eigen(vectors, eigenvalues);

            INDArray q = vectors.castTo(DataType.DOUBLE);
            INDArray rebuilt =
                    q.mmul(Nd4j.diag(eigenvalues.castTo(DataType.DOUBLE))).mmul(q.transpose());
            assertThat(Matrices.error(rebuilt, symmetric)).isLessThan(10 * tolerance(type));
            assertThat(Matrices.error(q.transpose().mmul(q), Nd4j.eye(n).castTo(DataType.DOUBLE)))
                    .isLessThan(10 * tolerance(type));
            assertThat(eigenvalues.toDoubleVector()).isSorted();
        }
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void copyKeepsToItsTarget(DataType type, Matrices.Layout layout) {
        for (int[] shape : new int[][] {{1, 1}, {1, 9}, {9, 1}, {12, 9}}) {
            INDArray values = Matrices.random(shape[0], shape[1]);
            INDArray big = Nd4j.valueArrayOf(new long[] {shape[0] + 1, shape[1]}, 7.0, type)
                    .dup('f');

            solver.copyMatrix(layout.of(values, type), Matrices.block(big, 0, shape[0], 0, shape[1]));

            assertThat(Matrices.error(Matrices.block(big, 0, shape[0], 0, shape[1]), values))
                    .isLessThan(1e-7);
            assertThat(Matrices.block(big, shape[0], shape[0] + 1, 0, shape[1]).toDoubleVector())
                    .containsOnly(7);
        }
    }

    @Test
    void copyFillsLastRow() {
        INDArray bias = Matrices.random(1, 9);
        INDArray big = Matrices.filled(9, 7, DataType.DOUBLE);

        solver.copyMatrix(bias, Matrices.block(big, 8, 9, 0, 9));

        assertThat(Matrices.block(big, 8, 9, 0, 9).toDoubleVector()).containsExactly(bias.toDoubleVector());
        assertThat(Matrices.block(big, 0, 8, 0, 9).maxNumber().doubleValue()).isEqualTo(7);
    }

    @Test
    void wrongOperandsAreNamed() {
        INDArray square = Matrices.filled(4, 1, DataType.FLOAT);
        assertThatThrownBy(() -> solver.invert(square.dup('c'), 0, square))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("m must be a column-major");
        assertThatThrownBy(() -> solver.invert(square, 0, Matrices.filled(5, 1, DataType.FLOAT)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("out must be [4, 4] FLOAT");
        assertThatThrownBy(() -> solver.gramLower(square, 1, 0, Matrices.filled(4, 1, DataType.DOUBLE)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("c must be [4, 4] FLOAT");
        assertThatThrownBy(() -> solver.eigen(square, Nd4j.create(DataType.FLOAT, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("values");
    }
}
