package io.github.dl4jkfac.examples.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.examples.scaling.Cluster.Design;
import io.github.dl4jkfac.examples.scaling.Cluster.Training;
import io.github.dl4jkfac.examples.scaling.Workload.Inversion;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterTest {

    private static final Workload RESNET = Workload.resNet50();

    @Test
    void resNet50IsTheOneOfThePaper() {
        assertThat(RESNET.layers()).hasSize(54);
        assertThat(RESNET.parameters()).isCloseTo(25.5e6, Percentage.withPercentage(1));
        assertThat(4 * RESNET.factorEntries()).isCloseTo(308e6, Percentage.withPercentage(5));
        assertThat(RESNET.preconditioningFlops()).isCloseTo(156e9, Percentage.withPercentage(5));
    }

    /**
     * Seconds of an iteration of kfac-pytorch (Pauloski et al. 2020): ResNet-50 with 32 images on each GPU, SGD and K-FAC with statistics and
     * eigendecompositions every ten iterations. The GPUs' speed is what SGD's seconds tell; 100 Gb/s join them.
     */
    @ParameterizedTest
    @CsvSource({"16, 0.360, 0.719", "32, 0.392, 0.686", "64, 0.396, 0.699"})
    void publishedRatiosAreForetold(int gpus, double sgd, double kfac) {
        double flops = 32 * RESNET.passFlops() / sgd;
        Cluster cluster = new Cluster(flops, 12.5e9, 0, 0);
        Training training = new Training(32, 10, 10);
        Workload work = RESNET.with(Inversion.EIGENVECTORS);
        double ratio = cluster.secondsPerStep(Design.RING, work, training, gpus)
                / cluster.secondsPerStep(Design.SGD, RESNET, training, gpus);
        assertThat(ratio).isCloseTo(kfac / sgd, Percentage.withPercentage(25));
    }

    @Test
    void aStepByHand() {
        Workload work = new Workload("one layer", 600, 400, List.of(new Workload.Layer(10, 10)), Inversion.CHOLESKY);
        Cluster cluster = new Cluster(1000, 400, 0.5, 0);
        Training training = new Training(5, 2, 4);
        // 5 (600 + 200) / 1000; twice 400 bytes and the job; 2 (400 + 4 * 110 / 2) bytes; 4000 + 2 * 2000 / 4
        // operations
        assertThat(cluster.secondsPerStep(Design.DRIVER, work, training, 2))
                .isCloseTo(4 + 2.5 + 2 * 620 / 400.0 + 5, within(1e-4));
        assertThat(cluster.secondsPerStep(Design.SGD, work, training, 2)).isCloseTo(3 + 1 + 2 * 0.2e-3, within(1e-9));
        assertThat(cluster.secondsPerStep(Design.RING, work, training, 2))
                .isCloseTo(4 + 620 / 400.0 + 0.4e-3 + 4 + 0.5, within(1e-9));
        assertThat(cluster.secondsPerStep(Design.SHUFFLE, work, training, 2))
                .isCloseTo(4 + 2 * 2.5 + 310 / 400.0 + 5 + 2 * 1, within(1e-9));
    }

    @Test
    void theLongestTasksGoFirst() {
        assertThat(Cluster.longest(List.of(1.0, 2.0, 3.0, 4.0), 2)).isEqualTo(5);
        assertThat(Cluster.longest(List.of(1.0, 9.0, 1.0), 8)).isEqualTo(9);
    }

    @Test
    void everybodyWaitsForTheSlowest() {
        Training training = new Training(32, 10, 10);
        double calm = new Cluster(1e12, 1e9, 0, 0).secondsPerStep(Design.RING, RESNET, training, 64);
        double unsteady = new Cluster(1e12, 1e9, 0, 0.2).secondsPerStep(Design.RING, RESNET, training, 64);
        assertThat(unsteady).isGreaterThan(1.2 * calm);
    }
}
