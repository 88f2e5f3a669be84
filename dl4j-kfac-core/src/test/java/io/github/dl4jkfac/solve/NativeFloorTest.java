package io.github.dl4jkfac.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;

/** What the line says with other kernels is tested by KernelsTest, in processes of their own. */
class NativeFloorTest {

    @Test
    void namesBackendLibraryAndThreads() {
        assumeTrue(Nd4j.getExecutioner().type() == ExecutionerType.NATIVE_CPU);

        assertThat(NativeFloor.describe())
                .startsWith("ND4J backend NATIVE_CPU, ")
                .contains("BLAS with ")
                .matches(".* " + BlasThreads.get() + " threads?");
    }
}
