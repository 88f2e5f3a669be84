package io.github.dl4jkfac.solve;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class LapackHealthTest {

    /** A solver with one wrong operation, as OpenBLAS 0.3.19 has them for DOUBLE. */
    private static final class Wrong extends PortableSolver {

        private final String operation;

        Wrong(String operation) {
            this.operation = operation;
        }

        private void spoil(String done, INDArray out) {
            if (done.equals(operation)) {
                out.putScalar(out.length() - 1, out.getDouble(out.length() - 1) + 0.05);
            }
        }

        @Override
        public void gramLower(INDArray x, double alpha, double beta, INDArray c) {
            super.gramLower(x, alpha, beta, c);
            spoil("syrk", c);
        }

        @Override
        public void invert(INDArray m, double shift, INDArray out) {
            super.invert(m, shift, out);
            spoil("potri", out);
        }

        @Override
        public void sandwich(INDArray left, INDArray v, INDArray right, INDArray work, INDArray out) {
            super.sandwich(left, v, right, work, out);
            spoil("symm", out);
        }

        @Override
        public void eigen(INDArray symmetric, INDArray values) {
            super.eigen(symmetric, values);
            spoil("syevd", symmetric);
        }
    }

    static Stream<String> operations() {
        return Stream.of("syrk", "symm", "potri", "syevd");
    }

    @ParameterizedTest
    @MethodSource("operations")
    void oneWrongNumberIsFound(String operation) {
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
            assertThat(SelfCheck.ofSolver(new Wrong(operation), type))
                    .contains(operation)
                    .contains("order 5");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT", "DOUBLE"})
    void rightSolversPass(DataType type) {
        assertThat(SelfCheck.ofSolver(new PortableSolver(), type)).isNull();
        assertThat(SelfCheck.ofSolver(new UnblockedSolver(), type)).isNull();
        assertThat(SelfCheck.ofProducts(type)).isNull();
    }

    @Test
    void eachTypeGetsASolverThatIsRightForIt() {
        assertThat(new LapackHealth(null, null, null).solver()).isInstanceOf(LapackSolver.class);
        assertThat(new LapackHealth("x", "y", null).solver()).isInstanceOf(UnblockedSolver.class);
        assertThat(new LapackHealth(null, "symm is off", null).solver())
                .isInstanceOfSatisfying(SolverByType.class, both -> {
                    assertThat(both.floats()).isInstanceOf(LapackSolver.class);
                    assertThat(both.doubles()).isInstanceOf(UnblockedSolver.class);
                });
    }

    @Test
    void warningNamesTypeFaultAndRemedy() {
        assertThat(new LapackHealth(null, "symm is off", "gemm is off").warning())
                .contains("for DOUBLE, symm is off")
                .contains("Deeplearning4j, are wrong: gemm is off")
                .contains("dl4j-kfac-bom");
    }
}
