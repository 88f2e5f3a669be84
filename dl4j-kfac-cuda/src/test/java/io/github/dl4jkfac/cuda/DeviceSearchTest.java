package io.github.dl4jkfac.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.github.dl4jkfac.cuda.DeviceException.Kind;
import io.github.dl4jkfac.solve.FactorisationException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What is found out about a device before it is used. */
class DeviceSearchTest {

    private static String obstacle(Supplier<DeviceAlgebra> opener) {
        DeviceSearch search = DeviceSearch.run(opener);
        assertThat(search.device()).isNull();
        return search.obstacle();
    }

    private static Supplier<DeviceAlgebra> failing(Throwable failure) {
        return () -> {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) failure;
        };
    }

    @Test
    void aDeviceThatPassesItsCheckIsTaken() {
        try (LogCapture log = new LogCapture()) {
            DeviceSearch search = DeviceSearch.run(FakeDevice::new);

            assertThat(search.obstacle()).isNull();
            assertThat(search.device()).hasToString("fake device");
            assertThat(log.messages(Level.INFO)).containsExactly("K-FAC can use the GPU fake device");
        }
    }

    @Test
    void whatIsMissingIsNamedInOneLine() {
        try (LogCapture log = new LogCapture()) {
            assertThat(obstacle(failing(new ExceptionInInitializerError(new UnsatisfiedLinkError("libcuda.so.1")))))
                    .isEqualTo("CUDA does not load: java.lang.UnsatisfiedLinkError: libcuda.so.1");
            assertThat(log.messages(Level.INFO))
                    .containsExactly(
                            "K-FAC uses no GPU, as CUDA does not load: java.lang.UnsatisfiedLinkError: libcuda.so.1");
            assertThat(log.messages(Level.WARN)).isEmpty();
        }
    }

    @Test
    void whateverIsThrownIsAnObstacle() {
        assertThat(obstacle(failing(new NoClassDefFoundError("org/bytedeco/cuda/global/cudart"))))
                .contains("NoClassDefFoundError", "cudart");
        assertThat(obstacle(failing(new DeviceException(Kind.LOST, "there is no device"))))
                .isEqualTo("there is no device");
        assertThat(obstacle(failing(new IllegalStateException("strange")))).contains("strange");
    }

    @Test
    void aDeviceThatFailsInItsCheckIsNotTaken() {
        FakeDevice device = new FakeDevice();
        device.failure = new DeviceException(Kind.OUT_OF_MEMORY, "cudaMalloc says 'out of memory'");
        assertThat(obstacle(() -> device)).contains("out of memory");
    }

    @Test
    void wrongResultsAreFoundOut() {
        assertThat(obstacle(() -> new FakeDevice() {
                    @Override
                    public void invert(HostMatrix m, double shift, HostMatrix out) {
                        super.invert(m, 1.01 * shift, out);
                    }
                }))
                .contains("fake device does not pass its check: wrong inverse of order 64, FLOAT");
        assertThat(obstacle(() -> new FakeDevice() {
                    @Override
                    public void invert(HostMatrix m, double shift, HostMatrix out) {
                        super.invert(m, shift, out);
                        out.array().putScalar(3, 1, out.array().getDouble(3, 1) + 1e-6);
                    }
                }))
                .contains("inverse that is not symmetric");
        assertThat(obstacle(() -> new FakeDevice() {
                    @Override
                    public void eigen(HostMatrix symmetric, INDArray values) {
                        super.eigen(symmetric, values);
                        symmetric.array().muli(1.01);
                    }
                }))
                .contains("wrong eigenvectors");
        assertThat(obstacle(() -> new FakeDevice() {
                    @Override
                    public void eigen(HostMatrix symmetric, INDArray values) {
                        super.eigen(symmetric, values);
                        values.addi(1);
                    }
                }))
                .contains("wrong eigenvalues");
        assertThat(obstacle(() -> new FakeDevice() {
                    @Override
                    public void sandwich(HostMatrix left, HostMatrix v, HostMatrix right, HostMatrix out) {
                        super.sandwich(
                                left,
                                v,
                                left.order() == 64
                                        ? right
                                        : HostMatrix.of(right.array().mul(2)),
                                out);
                    }
                }))
                .contains("wrong product of order 133, FLOAT");
    }

    @Test
    void wrongAnswersToBadMatricesAreFoundOut() {
        assertThat(obstacle(() -> new FakeDevice() {
                    @Override
                    public void invert(HostMatrix m, double shift, HostMatrix out) {
                        try {
                            super.invert(m, shift, out);
                        } catch (FactorisationException e) {
                            out.array().assign(0);
                        }
                    }
                }))
                .contains("wrong answer to a bad matrix");
        assertThat(obstacle(() -> new FakeDevice() {
                    @Override
                    public void invert(HostMatrix m, double shift, HostMatrix out) {
                        throw FactorisationException.singular(m.order(), shift);
                    }
                }))
                .contains("a matrix that has an inverse is refused");
    }
}
