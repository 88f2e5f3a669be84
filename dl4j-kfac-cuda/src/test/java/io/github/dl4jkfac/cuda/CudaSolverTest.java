package io.github.dl4jkfac.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import io.github.dl4jkfac.cuda.DeviceException.Kind;
import io.github.dl4jkfac.solve.FactorisationException;
import io.github.dl4jkfac.solve.FactorisationException.Reason;
import io.github.dl4jkfac.solve.Solvers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What goes to the device and what does not, with a device that is the CPU. */
class CudaSolverTest {

    private static final int LEAST = 30;

    private final FakeDevice device = new FakeDevice();

    private final CudaSolver solver = new CudaSolver(new GuardedDevice(device), Solvers.ofLibrary(), LEAST);

    private void inverts(INDArray m, INDArray out) {
        DataType type = m.dataType();
        solver.invert(m, 0.5, out);
        INDArray shifted = m.add(Matrices.identity(m.rows(), type).muli(0.5));
        assertThat(Matrices.distanceFromIdentity(shifted.mmul(out))).isLessThan(Matrices.tolerance(type));
    }

    private void decomposes(INDArray m) {
        DataType type = m.dataType();
        INDArray q = m.dup('f');
        INDArray values = Nd4j.create(type, m.rows());
        solver.eigen(q, values);
        assertThat(Matrices.distance(q.mulRowVector(values).mmul(q.transpose()), m))
                .isLessThan(Matrices.tolerance(type));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void largeMatricesGoToTheDevice(DataType type) {
        for (int n : new int[] {2, LEAST - 1, LEAST, LEAST + 7}) {
            INDArray m = Matrices.positiveDefinite(n, type);
            inverts(m, Matrices.empty(n, type));
            decomposes(m);
        }
        assertThat(device.calls)
                .containsExactly(
                        "invert " + LEAST + " " + type,
                        "eigen " + LEAST + " " + type,
                        "invert " + (LEAST + 7) + " " + type,
                        "eigen " + (LEAST + 7) + " " + type);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void blocksOfLargerMatricesGoThereAsTheyAre(DataType type) {
        INDArray m = Matrices.block(Matrices.positiveDefinite(LEAST, type));
        INDArray out = Matrices.block(Matrices.empty(LEAST, type));
        inverts(m, out);
        assertThat(device.calls).hasSize(1);
        assertThat(HostMatrix.of(m).columnStride()).isEqualTo(LEAST + 4);
    }

    @Test
    void aViewsOffsetIsCountedIn() {
        INDArray m = Matrices.positiveDefinite(LEAST, DataType.FLOAT);
        INDArray view = Matrices.block(m);
        assertThat(HostMatrix.of(view)
                        .memory()
                        .asByteBuffer()
                        .order(java.nio.ByteOrder.nativeOrder())
                        .getFloat(0))
                .isEqualTo(m.getFloat(0, 0));
    }

    @Test
    void operandsThatBreakTheRulesAreRefusedAsElsewhere() {
        INDArray m = Matrices.positiveDefinite(LEAST, DataType.FLOAT);
        assertThatThrownBy(() -> solver.invert(m.dup('c'), 0, Matrices.empty(LEAST, DataType.FLOAT)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("m must be a column-major");
        assertThatThrownBy(() -> solver.invert(m, 0, Matrices.empty(LEAST, DataType.DOUBLE)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("out must be");
        assertThatThrownBy(() -> solver.invert(m, 0, Matrices.empty(LEAST + 1, DataType.FLOAT)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("out must be");
        assertThatThrownBy(() -> solver.invert(
                        m.castTo(DataType.BFLOAT16).dup('f'), 0, Matrices.empty(LEAST, DataType.BFLOAT16)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> solver.eigen(m.dup('f'), Nd4j.create(DataType.FLOAT, LEAST - 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("values");
        assertThatThrownBy(() -> solver.eigen(m.dup('f'), Nd4j.create(DataType.DOUBLE, LEAST)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("values");
        assertThat(device.calls).isEmpty();
    }

    @Test
    void eigenvaluesMayBeAColumnOrARowButNotSpread() {
        INDArray m = Matrices.positiveDefinite(LEAST, DataType.DOUBLE);
        solver.eigen(m.dup('f'), Nd4j.create(DataType.DOUBLE, LEAST, 1));
        solver.eigen(m.dup('f'), Nd4j.create(DataType.DOUBLE, 1, LEAST));
        assertThat(device.calls).hasSize(2);
        INDArray spread = Nd4j.create(DataType.DOUBLE, LEAST, 2).slice(0, 1);
        assertThatThrownBy(() -> solver.eigen(m.dup('f'), spread)).isInstanceOf(IllegalArgumentException.class);
        assertThat(device.calls).hasSize(2);
    }

    @Test
    void badMatricesAreReportedByTheDeviceAndNotTriedAgain() {
        INDArray m = Matrices.positiveDefinite(LEAST, DataType.FLOAT);
        m.putScalar(20, 20, -50);
        FactorisationException failure = catchThrowableOfType(
                FactorisationException.class, () -> solver.invert(m, 0, Matrices.empty(LEAST, DataType.FLOAT)));
        assertThat(failure.reason()).isEqualTo(Reason.NOT_POSITIVE_DEFINITE);
        assertThat(failure.leadingMinor()).isEqualTo(21);
        assertThat(device.calls).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatTheDeviceFailsAtIsDoneByTheCpu(Kind kind) {
        device.failure = new DeviceException(kind, "cudaMalloc says 'no'");
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 2; i++) {
                INDArray m = Matrices.positiveDefinite(LEAST, DataType.FLOAT);
                inverts(m, Matrices.empty(LEAST, DataType.FLOAT));
                decomposes(m);
            }
            assertThat(log.messages(Level.WARN))
                    .singleElement()
                    .asString()
                    .contains("fake device", "order 30", "cudaMalloc says 'no'", "CPU");
        }
        assertThat(device.calls).hasSize(kind == Kind.LOST ? 1 : 4);
    }

    @Test
    void aDeviceIsAskedAgainUnlessItIsLost() {
        device.failure = new DeviceException(Kind.OUT_OF_MEMORY, "no memory");
        INDArray m = Matrices.positiveDefinite(LEAST, DataType.FLOAT);
        inverts(m, Matrices.empty(LEAST, DataType.FLOAT));
        device.failure = null;
        inverts(m, Matrices.empty(LEAST, DataType.FLOAT));
        assertThat(device.calls).hasSize(2);
    }

    @Test
    void otherFailuresAreNotHidden() {
        device.failure = new IllegalStateException("The matrix is lost");
        assertThatThrownBy(() -> decomposes(Matrices.positiveDefinite(LEAST, DataType.FLOAT)))
                .isSameAs(device.failure);
    }

    private void multiplies(int rows, int cols, DataType type) {
        INDArray left = Matrices.positiveDefinite(rows, type);
        INDArray right = Matrices.positiveDefinite(cols, type);
        INDArray v = Matrices.block(Matrices.positiveDefinite(Math.max(rows, cols), type))
                .get(NDArrayIndex.interval(0, rows), NDArrayIndex.interval(0, cols));
        INDArray work = Nd4j.create(type, new long[] {rows, cols}, 'f');
        INDArray expected = left.mmul(v).mmul(right);

        INDArray out = work.dup('f');
        solver.sandwich(left, v, right, work, out);
        assertThat(Matrices.distance(out, expected)).isLessThan(Matrices.tolerance(type));
        solver.sandwich(left, v, right, work, v);
        assertThat(Matrices.distance(v, expected)).isLessThan(Matrices.tolerance(type));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void productsGoToTheDeviceIfBothSidesAreLarge(DataType type) {
        multiplies(2 * LEAST, 2 * LEAST - 1, type);
        multiplies(10 * LEAST, LEAST, type);
        multiplies(1, 2, type);
        assertThat(device.calls).isEmpty();
        multiplies(2 * LEAST, 2 * LEAST, type);
        multiplies(LEAST + 10, 10 * LEAST, type);
        assertThat(device.calls).hasSize(4).contains("sandwich 60 60 " + type, "sandwich 40 300 " + type);
        device.failure = new DeviceException(Kind.REFUSED, "no");
        multiplies(2 * LEAST, 2 * LEAST, type);
        assertThat(device.calls).hasSize(6);
    }

    @Test
    void productsOfMatricesThatDoNotFitAreRefusedAsElsewhere() {
        INDArray m = Matrices.positiveDefinite(2 * LEAST, DataType.FLOAT);
        INDArray other = Matrices.positiveDefinite(2 * LEAST + 1, DataType.FLOAT);
        INDArray work = m.dup('f');
        assertThatThrownBy(() -> solver.sandwich(other, m, m, work, work.dup('f')))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("left");
        assertThatThrownBy(() -> solver.sandwich(m, m, m.castTo(DataType.DOUBLE).dup('f'), work, work.dup('f')))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("right");
        assertThat(device.calls).isEmpty();
    }

    @Test
    void allElseStaysOnTheCpu() {
        INDArray m = Matrices.positiveDefinite(3 * LEAST, DataType.DOUBLE);
        INDArray out = Matrices.empty(3 * LEAST, DataType.DOUBLE);

        solver.gramLower(m, 1, 0, out);
        solver.mirrorLower(out);
        assertThat(Matrices.distance(out, m.mmul(m))).isLessThan(1e-9);
        solver.copyMatrix(m, out);
        assertThat(Matrices.distance(out, m)).isZero();
        assertThat(device.calls).isEmpty();
    }

    @Test
    void itSaysWhatItRunsOn() {
        assertThat(solver).hasToString("CUDA (fake device) from order 30, else " + Solvers.ofLibrary());
    }
}
