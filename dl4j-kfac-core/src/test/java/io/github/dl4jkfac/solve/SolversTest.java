package io.github.dl4jkfac.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
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

    private record Device(int rank, String obstacle, String fault) implements SolverProvider {

        @Override
        public String name() {
            return "device";
        }

        @Override
        public SymmetricSolver create() {
            return new UnblockedSolver();
        }
    }

    private static List<SolverProvider> with(SolverProvider device) {
        return List.of(device, new PortableProvider());
    }

    @Test
    void theFirstThatWorksIsTaken() {
        assertThat(Solvers.choose(with(new Device(200, null, null)), null)).isInstanceOf(UnblockedSolver.class);
        assertThat(Solvers.choose(with(new Device(200, "there is no device", null)), null))
                .isExactlyInstanceOf(PortableSolver.class);
        assertThat(Solvers.choose(with(new Device(200, null, "it rounds up")), null))
                .isInstanceOf(UnblockedSolver.class);
    }

    @Test
    void whoAsksByNameGetsThatOrAReason() {
        assertThat(Solvers.choose(with(new Device(200, null, null)), "portable"))
                .isExactlyInstanceOf(PortableSolver.class);
        assertThatThrownBy(() -> Solvers.choose(with(new Device(200, "there is no device", null)), "device"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("asks for device, but there is no device");
        assertThatThrownBy(() -> Solvers.choose(with(new Device(200, null, "it rounds up")), "device"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("it rounds up");
        assertThatThrownBy(() -> Solvers.choose(with(new Device(1, null, null)), "lapack"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[device, portable]");
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
