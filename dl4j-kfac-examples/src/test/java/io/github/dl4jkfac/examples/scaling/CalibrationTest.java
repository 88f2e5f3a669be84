package io.github.dl4jkfac.examples.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.examples.scaling.Calibration.Measured;
import io.github.dl4jkfac.examples.scaling.Cluster.Design;
import io.github.dl4jkfac.examples.scaling.Cluster.Training;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CalibrationTest {

    private static final Workload WORK = Workload.dense("small", List.of(50, 40, 30));
    private static final Training TRAINING = new Training(100, 5, 5);

    @Test
    void findsTheMachinesThatTheStepsWereMadeOf() {
        Cluster cluster = new Cluster(3e9, 2e7, 0.03, 0);
        List<Measured> measured = new ArrayList<>();
        for (Design design : List.of(Design.DRIVER, Design.SHUFFLE)) {
            for (int workers : List.of(1, 2, 4)) {
                measured.add(new Measured(design, workers, cluster.secondsPerStep(design, WORK, TRAINING, workers)));
            }
        }
        Calibration found = Calibration.of(3e9, measured, WORK, TRAINING, 4);
        assertThat(found.cluster().bytesPerSecond()).isCloseTo(2e7, within(2e2));
        assertThat(found.cluster().scheduling()).isCloseTo(0.03, within(1e-6));
        measured.forEach(step -> assertThat(found.seconds(step)).isCloseTo(step.seconds(), within(1e-9)));
    }

    @Test
    void workersThatShareACoreWaitForEachOther() {
        Cluster cluster = new Cluster(3e9, 2e7, 0.03, 0);
        Calibration one = new Calibration(cluster, WORK, TRAINING, 1);
        Calibration two = new Calibration(cluster, WORK, TRAINING, 2);
        Measured step = new Measured(Design.SHUFFLE, 2, 1);
        double passes = WORK.workersFlops(TRAINING.samples(), 5) / 3e9;
        assertThat(one.seconds(step) - two.seconds(step)).isCloseTo(passes, within(1e-9));
    }
}
