package io.github.dl4jkfac.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.solve.RobustInverse.Method;
import io.github.dl4jkfac.solve.RobustInverse.Outcome;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class RobustInverseTest {

    private static final int N = 20;

    static Stream<SymmetricSolver> solvers() {
        return Stream.of(Solvers.forBackend(), new PortableSolver());
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void positiveDefiniteMatrixNeedsNoExtraShift(SymmetricSolver solver) {
        INDArray m = Matrices.spd(N, 100, 1);
        INDArray out = m.dup('f');

        Outcome outcome = new RobustInverse(solver).invert(m, 0.1, out);

        assertThat(outcome).isEqualTo(new Outcome(Method.CHOLESKY, 0));
        assertIsInverse(out, m.add(identity().mul(0.1)));
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void slightlyIndefiniteMatrixGetsTheSmallestJitterThatWorks(SymmetricSolver solver) {
        INDArray m = identity();
        m.putScalar(7, 7, -5e-6);
        double meanDiagonal = (N - 1 - 5e-6) / N;
        INDArray out = m.dup('f');

        Outcome outcome = new RobustInverse(solver).invert(m, 0, out);

        assertThat(outcome.method()).isEqualTo(Method.JITTER);
        assertThat(outcome.extraShift()).isCloseTo(1e-5 * meanDiagonal, within(1e-12));
        assertIsInverse(out, m.add(identity().mul(outcome.extraShift())));
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void indefiniteMatrixIsClampedByEigenvalues(SymmetricSolver solver) {
        INDArray rotated = Matrices.spd(N, 100, 3);
        INDArray m = rotated.sub(identity().mul(0.5));
        INDArray out = m.dup('f');

        Outcome outcome = new RobustInverse(solver).invert(m, 0.25, out);

        assertThat(outcome.method()).isEqualTo(Method.EIGEN);
        // The smallest eigenvalue, 0.01 - 0.5, was raised to 0 before the shift.
        assertThat(outcome.extraShift()).isCloseTo(0.49, within(1e-12));
        INDArray values = Nd4j.create(DataType.DOUBLE, N);
        solver.eigen(out, values);
        // Eigenvalues of the inverse: 1 / (0 + 0.25) down to 1 / (0.5 + 0.25).
        assertThat(values.getDouble(N - 1)).isCloseTo(4, within(1e-12));
        assertThat(values.getDouble(0)).isCloseTo(1 / 0.75, within(1e-12));
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void eigenvaluesAreFloored(SymmetricSolver solver) {
        INDArray m = identity().mul(4);
        m.putScalar(0, 0, -1);
        INDArray out = m.dup('f');

        Outcome outcome = new RobustInverse(solver).invert(m, 0, out);

        assertThat(outcome.method()).isEqualTo(Method.EIGEN);
        assertThat(out.getDouble(0, 0)).isCloseTo(1 / (4 * RobustInverse.EIGENVALUE_FLOOR), within(1.0));
        assertThat(out.getDouble(1, 1)).isCloseTo(0.25, within(1e-12));
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void hopelessMatricesAreRefused(SymmetricSolver solver) {
        RobustInverse inverse = new RobustInverse(solver);
        INDArray out = identity();
        assertThatThrownBy(() -> inverse.invert(identity().mul(0), 0, out))
                .isInstanceOf(FactorisationException.class)
                .hasMessageContaining("not positive definite");
        assertThatThrownBy(() -> inverse.invert(identity().mul(-1), 0, out)).isInstanceOf(FactorisationException.class);
        INDArray broken = identity();
        broken.putScalar(5, 2, Double.NaN);
        assertThatThrownBy(() -> inverse.invert(broken, 0, out))
                .isInstanceOf(FactorisationException.class)
                .hasMessageContaining("NaN");
    }

    private static INDArray identity() {
        return Nd4j.eye(N).castTo(DataType.DOUBLE).dup('f');
    }

    private static void assertIsInverse(INDArray inverse, INDArray of) {
        // Entries up to 2e5 leave that much of the unit roundoff.
        assertThat(Matrices.error(of.mmul(inverse), identity())).isLessThan(1e-9);
    }
}
