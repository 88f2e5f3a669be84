package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.diagnostics.StepControl;
import io.github.dl4jkfac.testing.Fixtures;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;

/** What is told of a step, and written of it. */
class StepLogTest {

    private static final int STEPS = 6;

    @TempDir
    File folder;

    private List<String> lines(org.nd4j.linalg.learning.config.IUpdater updater) throws Exception {
        MultiLayerNetwork net = Fixtures.mlp(updater, DataType.FLOAT);
        KFacListener listener = updater instanceof KFac ? KFacListener.attach(net) : null;
        Path file = folder.toPath().resolve("steps.csv");
        try (StepLog log = new StepLog(file)) {
            net.addListeners(log);
            for (DataSet batch : Fixtures.batches(DataType.FLOAT, STEPS)) {
                net.fit(batch);
                if (listener != null) {
                    check(listener.report(net).control(), ((KFac) updater).automatic());
                }
            }
        }
        return Files.readAllLines(file);
    }

    private static void check(StepControl control, boolean automatic) {
        if (!automatic) {
            assertThat(control).isNull();
            return;
        }
        assertThat(control.alpha()).isPositive();
        assertThat(control.share()).isEqualTo(1);
        assertThat(control.region()).isPositive();
        if (control.measured()) {
            assertThat(control.promised()).isPositive();
            assertThat(control.decrease()).isNotNegative();
            assertThat(control.ratio()).isCloseTo(control.decrease() / control.promised(), within(1e-12));
        }
    }

    @Test
    void automaticStepsTellHowTheyWereControlled() throws Exception {
        List<String> lines = lines(KFac.builder().automatic().build());
        assertThat(lines).hasSize(STEPS + 1);
        int fields = lines.get(0).split(",").length;
        assertThat(lines).allMatch(line -> line.split(",", -1).length == fields);
        assertThat(lines.get(1)).startsWith("1,");
        assertThat(Arrays.asList(lines.get(1).split(",", -1))).doesNotContain("");
    }

    @Test
    void stepsByHandLeaveThatOut() throws Exception {
        List<String> lines = lines(Fixtures.kfac().build());
        assertThat(lines).hasSize(STEPS + 1);
        assertThat(lines.get(1)).endsWith(",,,,,,,,,,");
    }

    @Test
    void otherUpdatersHaveNoLines() throws Exception {
        assertThat(lines(new Adam())).hasSize(1);
    }
}
