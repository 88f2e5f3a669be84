package io.github.dl4jkfac.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;

class SolversTest {

    private String before;

    @BeforeEach
    void saveProperty() {
        before = System.clearProperty(Solvers.PROPERTY);
    }

    @AfterEach
    void restoreProperty() {
        if (before == null) {
            System.clearProperty(Solvers.PROPERTY);
        } else {
            System.setProperty(Solvers.PROPERTY, before);
        }
    }

    @BeforeEach
    void requireCpuBackend() {
        assumeTrue(Nd4j.getExecutioner().type() == ExecutionerType.NATIVE_CPU);
    }

    @Test
    void cpuBackendUsesLapack() {
        assertThat(Solvers.forBackend()).isInstanceOf(LapackSolver.class);
    }

    @Test
    void propertyForcesSolver() {
        System.setProperty(Solvers.PROPERTY, "portable");
        assertThat(Solvers.forBackend()).isInstanceOf(PortableSolver.class);
        System.setProperty(Solvers.PROPERTY, "lapack");
        assertThat(Solvers.forBackend()).isInstanceOf(LapackSolver.class);
    }

    @Test
    void unknownSolverIsRefused() {
        System.setProperty(Solvers.PROPERTY, "cublas");
        assertThatThrownBy(Solvers::forBackend)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dl4jkfac.solver")
                .hasMessageContaining("'cublas'");
    }
}
