package io.github.dl4jkfac.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import io.github.dl4jkfac.solve.SolverProvider;
import io.github.dl4jkfac.solve.Solvers;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The module on a machine as it is, with a GPU or without. */
class CudaProviderTest {

    private final CudaProvider provider = new CudaProvider();

    @BeforeEach
    @AfterEach
    void clearProperties() {
        System.clearProperty(Solvers.PROPERTY);
        System.clearProperty(CudaProvider.LEAST_ORDER);
    }

    @Test
    void theServiceIsFoundAndGoesBeforeLapack() {
        assertThat(ServiceLoader.load(SolverProvider.class))
                .singleElement()
                .isInstanceOf(CudaProvider.class)
                .satisfies(found -> {
                    assertThat(found.name()).isEqualTo("cuda");
                    assertThat(found.rank()).isGreaterThan(100);
                });
    }

    @Test
    void withoutADeviceEverythingIsAsWithoutTheModule() {
        String obstacle = provider.obstacle();
        assumeTrue(obstacle != null, "there is a GPU");
        try (LogCapture log = new LogCapture()) {
            assertThat(Solvers.forBackend()).hasToString(Solvers.ofLibrary().toString());
            assertThat(provider.obstacle()).isEqualTo(obstacle).isNotBlank();
            assertThat(log.messages(Level.INFO))
                    .as("said at the first question only")
                    .isEmpty();
            assertThat(log.messages(Level.WARN)).isEmpty();
        }
        assertThatThrownBy(provider::create)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(obstacle);
        System.setProperty(Solvers.PROPERTY, "cuda");
        assertThatThrownBy(Solvers::forBackend)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("cuda")
                .hasMessageContaining(obstacle);
    }

    @Test
    void withADeviceItIsUsed() {
        assumeTrue(provider.obstacle() == null, provider.obstacle());
        assertThat(Solvers.forBackend())
                .isInstanceOf(CudaSolver.class)
                .asString()
                .contains("order " + CudaProvider.DEFAULT_LEAST_ORDER);
        System.setProperty(Solvers.PROPERTY, "lapack");
        assertThat(Solvers.forBackend()).isNotInstanceOf(CudaSolver.class);
    }

    @Test
    void theLeastOrderIsAProperty() {
        assertThat(CudaProvider.leastOrder()).isEqualTo(CudaProvider.DEFAULT_LEAST_ORDER);
        System.setProperty(CudaProvider.LEAST_ORDER, " 64 ");
        assertThat(CudaProvider.leastOrder()).isEqualTo(64);
        for (String wrong : new String[] {"0", "-3", "many", ""}) {
            System.setProperty(CudaProvider.LEAST_ORDER, wrong);
            assertThatThrownBy(CudaProvider::leastOrder)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("dl4jkfac.cuda.leastOrder")
                    .hasMessageContaining("'" + wrong + "'");
        }
    }

    @Test
    void whateverSolverIsChosenInverts() {
        System.setProperty(CudaProvider.LEAST_ORDER, "1");
        INDArray m = Matrices.positiveDefinite(70, DataType.FLOAT);
        INDArray out = Matrices.empty(70, DataType.FLOAT);
        Solvers.forBackend().invert(m, 0, out);
        assertThat(Matrices.distanceFromIdentity(m.mmul(out))).isLessThan(1e-3);
    }
}
