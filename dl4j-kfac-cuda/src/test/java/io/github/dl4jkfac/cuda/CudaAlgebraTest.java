package io.github.dl4jkfac.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.FactorisationException.Reason;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The results of a real GPU beside LAPACK's. Skipped where there is none. */
class CudaAlgebraTest {

    private static SymmetricSolver host;
    private static SymmetricSolver solver;

    @BeforeAll
    static void requireDevice() {
        String obstacle = new CudaProvider().obstacle();
        assumeTrue(obstacle == null, obstacle);
        host = Solvers.ofLibrary();
        solver = new CudaSolver(DeviceSearch.ofProcess().device(), new NoSolver(), 2);
    }

    static Stream<Arguments> ordersAndTypes() {
        return Stream.of(2, 3, 65, 500, 1001, 4096)
                .flatMap(n -> Stream.of(DataType.FLOAT, DataType.DOUBLE).map(type -> Arguments.of(n, type)));
    }

    @ParameterizedTest
    @MethodSource("ordersAndTypes")
    void inverseIsLapacks(int n, DataType type) {
        INDArray m = Matrices.positiveDefinite(n, type);
        INDArray before = m.dup('f');
        INDArray expected = Matrices.empty(n, type);
        INDArray actual = Matrices.empty(n, type);

        host.invert(m, 0.01, expected);
        solver.invert(m, 0.01, actual);

        assertThat(Matrices.distance(actual, expected)).isLessThan(Matrices.tolerance(type));
        assertThat(Matrices.distance(actual, actual.transpose()))
                .as("symmetric")
                .isZero();
        assertThat(Matrices.distance(m, before)).as("m unchanged").isZero();
    }

    @ParameterizedTest
    @MethodSource("ordersAndTypes")
    void eigenvectorsDiagonalise(int n, DataType type) {
        INDArray m = Matrices.positiveDefinite(n, type);
        INDArray q = m.dup('f');
        INDArray values = Nd4j.create(type, n);

        solver.eigen(q, values);

        assertThat(values.data().asDouble()).isSorted();
        assertThat(Matrices.distanceFromIdentity(Nd4j.gemm(q, q, true, false))).isLessThan(Matrices.tolerance(type));
        assertThat(Matrices.distance(Nd4j.gemm(q.mulRowVector(values), q, false, true), m))
                .isLessThan(Matrices.tolerance(type));
        if (n <= 1001) {
            INDArray expected = Nd4j.create(type, n);
            host.eigen(m, expected);
            assertThat(Matrices.distance(values, expected)).isLessThan(Matrices.tolerance(type));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void productsAreLapacks(DataType type) {
        for (int[] shape : new int[][] {{16, 5}, {300, 1001}, {2048, 1500}}) {
            INDArray left = Matrices.block(Matrices.positiveDefinite(shape[0], type));
            INDArray right = Matrices.positiveDefinite(shape[1], type);
            INDArray v = Matrices.positiveDefinite(Math.max(shape[0], shape[1]), type)
                    .get(NDArrayIndex.interval(0, shape[0]), NDArrayIndex.interval(0, shape[1]));
            INDArray work = Nd4j.create(type, new long[] {shape[0], shape[1]}, 'f');
            INDArray expected = work.dup('f');
            INDArray actual = work.dup('f');

            host.sandwich(left, v, right, work, expected);
            solver.sandwich(left, v, right, work, actual);
            assertThat(Matrices.distance(actual, expected)).isLessThan(Matrices.tolerance(type));
            solver.sandwich(left, v, right, work, v);
            assertThat(Matrices.distance(v, expected)).as("in place").isLessThan(Matrices.tolerance(type));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void viewsAreReadAndWrittenInPlace(DataType type) {
        int n = 301;
        INDArray m = Matrices.positiveDefinite(n, type);
        INDArray view = Matrices.withNoiseAbove(Matrices.block(m));
        INDArray out = Matrices.block(Matrices.empty(n, type));
        solver.invert(view, 0, out);
        assertThat(Matrices.distanceFromIdentity(m.mmul(out))).isLessThan(Matrices.tolerance(type));

        INDArray values = Nd4j.create(type, n);
        solver.eigen(view, values);
        assertThat(Matrices.distance(view.mulRowVector(values).mmul(view.transpose()), m))
                .isLessThan(Matrices.tolerance(type));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void badMatricesAreRefusedForTheSameReasonAsByLapack(DataType type) {
        int n = 600;
        INDArray indefinite = Matrices.positiveDefinite(n, type);
        indefinite.putScalar(400, 400, -3);
        assertThat(failure(indefinite).reason()).isEqualTo(Reason.NOT_POSITIVE_DEFINITE);
        assertThat(failure(indefinite).leadingMinor()).isEqualTo(401);
        for (double bad : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
            INDArray spoilt = Matrices.positiveDefinite(n, type);
            spoilt.putScalar(599, 2, bad);
            assertThat(failure(spoilt).reason()).isEqualTo(Reason.NON_FINITE);
            assertThat(catchThrowableOfType(
                                    FactorisationException.class,
                                    () -> solver.eigen(spoilt.dup('f'), Nd4j.create(type, n)))
                            .reason())
                    .isEqualTo(Reason.NON_FINITE);
        }
        // The next one is none the worse for it.
        INDArray m = Matrices.positiveDefinite(n, type);
        INDArray out = Matrices.empty(n, type);
        solver.invert(m, 0, out);
        assertThat(Matrices.distanceFromIdentity(m.mmul(out))).isLessThan(Matrices.tolerance(type));
    }

    private static FactorisationException failure(INDArray m) {
        INDArray out = Matrices.empty(m.rows(), m.dataType());
        return catchThrowableOfType(FactorisationException.class, () -> solver.invert(m, 0, out));
    }

    /** Of some orders, 64 among them, cuSOLVER says nothing when the last pivot is the root of a negative number. */
    @ParameterizedTest
    @ValueSource(ints = {8, 64, 133, 2048})
    void aMatrixThatFailsAtItsLastMinorIsNotPositiveDefinite(int n) {
        for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
            INDArray m = Matrices.positiveDefinite(n, type);
            m.putScalar(n - 1, n - 1, -2.0 * n);
            assertThatThrownBy(() -> solver.invert(m, 0, Matrices.empty(n, type)))
                    .isInstanceOfSatisfying(
                            FactorisationException.class,
                            e -> assertThat(e.reason()).isEqualTo(FactorisationException.Reason.NOT_POSITIVE_DEFINITE));
        }
    }

    @Test
    void sameInputSameBits() {
        INDArray m = Matrices.positiveDefinite(700, DataType.FLOAT);
        INDArray first = Matrices.empty(700, DataType.FLOAT);
        INDArray second = Matrices.empty(700, DataType.FLOAT);
        solver.invert(m, 0.1, first);
        solver.invert(Matrices.positiveDefinite(900, DataType.DOUBLE), 0, Matrices.empty(900, DataType.DOUBLE));
        solver.invert(m, 0.1, second);
        assertThat(Matrices.distance(first, second)).isZero();
    }

    @Test
    void threadsShareTheDevice() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Double>> tasks = IntStream.range(0, 24)
                    .mapToObj(i -> (Callable<Double>) () -> {
                        DataType type = i % 2 == 0 ? DataType.FLOAT : DataType.DOUBLE;
                        INDArray m = Matrices.positiveDefinite(300 + 17 * i, type);
                        INDArray out = Matrices.empty(m.rows(), type);
                        solver.invert(m, 0, out);
                        return Matrices.distanceFromIdentity(m.mmul(out));
                    })
                    .toList();
            for (Future<Double> residual : threads.invokeAll(tasks)) {
                assertThat(residual.get()).isLessThan(1e-3);
            }
        } finally {
            threads.shutdown();
        }
    }

    /** Lets a test fail that is not done by the device. */
    private static final class NoSolver implements SymmetricSolver {

        private static UnsupportedOperationException no() {
            return new UnsupportedOperationException("left to the CPU");
        }

        @Override
        public void gramLower(INDArray x, double alpha, double beta, INDArray c) {
            throw no();
        }

        @Override
        public void invert(INDArray m, double shift, INDArray out) {
            throw no();
        }

        @Override
        public void sandwich(INDArray left, INDArray v, INDArray right, INDArray work, INDArray out) {
            throw no();
        }

        @Override
        public void eigen(INDArray symmetric, INDArray values) {
            throw no();
        }

        @Override
        public void mirrorLower(INDArray a) {
            throw no();
        }

        @Override
        public void copyMatrix(INDArray from, INDArray to) {
            throw no();
        }
    }
}
