package io.github.dl4jkfac.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.KFac;
import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.diagnostics.SkipReason;
import io.github.dl4jkfac.diagnostics.StepReport;
import io.github.dl4jkfac.testing.Fixtures;
import io.github.dl4jkfac.testing.LogCapture;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

/** What is left out is counted by its reason, told of ever more rarely, and with the remedy that fits. */
class StepJournalTest {

    private static final DataType TYPE = DataType.DOUBLE;

    private final MultiLayerNetwork net = Fixtures.mlp(Fixtures.kfac().build(), TYPE);
    private final KFacListener listener = KFacListener.attach(net);

    private StepReport report() {
        return listener.report(net);
    }

    @Test
    void theReportSaysWhatHappened() {
        assertThat(report().skippedBatches()).isZero();
        assertThat(report().lastSkip()).isNull();
        assertThat(report().klBound()).isNaN();
        Fixtures.fit(net, Fixtures.batches(TYPE, 3));
        assertThat(report().skipped()).isEmpty();
        assertThat(report().damping()).isEqualTo(0.05);
        assertThat(report().klBound()).isEqualTo(KFac.DEFAULT_KL_CLIP);
        assertThat(report().klScale()).isBetween(0.0, 1.0);
        Model other = Fixtures.mlp(Fixtures.kfac().build(), TYPE);
        assertThat(listener.report(other)).isNull();
    }

    @Test
    void brokenDataIsToldFromDivergence() {
        DataSet bad = Fixtures.batch(TYPE, Fixtures.BATCH, 5);
        bad.getLabels().putScalar(3, 1, Double.NaN);
        try (LogCapture log = new LogCapture()) {
            net.fit(bad);
            assertThat(log.warnings()).hasSize(1);
            assertThat(log.warnings().get(0)).contains("KFac", "iteration 0", "features or labels", "missing values");
        }
        assertThat(report().skipped()).isEqualTo(java.util.Map.of(SkipReason.DATA_NOT_FINITE, 1L));

        net.params().muli(1e200); // as if training had diverged
        try (LogCapture log = new LogCapture()) {
            net.fit(Fixtures.batch(TYPE, Fixtures.BATCH, 5));
            assertThat(String.join("", log.warnings())).doesNotContain("missing values");
        }
        net.params().putScalar(3, Double.POSITIVE_INFINITY);
        try (LogCapture log = new LogCapture()) {
            net.fit(Fixtures.batch(TYPE, Fixtures.BATCH, 5));
            assertThat(log.warnings().get(0))
                    .contains("parameters of the network are not finite", "learning rate")
                    .doesNotContain("missing values");
        }
        assertThat(report().skipped()).containsEntry(SkipReason.PARAMETERS_NOT_FINITE, 1L);
        assertThat(report().lastSkip()).contains("parameters");
    }

    /** As many as in a day that went wrong. */
    @Test
    void everyReasonIsToldOfEverMoreRarely() {
        StepJournal journal = new StepJournal("KFac");
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 392; i++) {
                journal.skip(SkipReason.STEP_NOT_FINITE, "", i);
                journal.skip(SkipReason.LINE_SEARCH, "", i);
            }
            assertThat(log.warnings()).hasSizeBetween(10, 24);
        }
        assertThat(journal.skipped())
                .containsEntry(SkipReason.STEP_NOT_FINITE, 392L)
                .containsEntry(SkipReason.LINE_SEARCH, 392L);
    }

    /** The step alone, whose inverse has been damaged. */
    @Test
    void stepsThatAreSkippedAreCountedToo() {
        Fixtures.fit(net, Fixtures.batches(TYPE, 11)); // the next step has no new inverses
        Sessions.find(net).blocks().get(0).state().get("A_inverse").assign(Double.MAX_VALUE);
        try (LogCapture log = new LogCapture()) {
            for (DataSet batch : Fixtures.batches(TYPE, 2)) {
                net.fit(batch);
            }
            assertThat(log.warnings()).isNotEmpty();
            assertThat(log.warnings().get(0)).contains("preconditioned gradient", "Raise the damping");
        }
        assertThat(report().skipped()).containsKey(SkipReason.STEP_NOT_FINITE);
        assertThat(Fixtures.isFinite(net.params())).isTrue();
    }

    @Test
    void aBoundThatCutsEveryStepIsToldOfOnce() {
        MultiLayerNetwork cut =
                Fixtures.mlp(Fixtures.kfac().learningRate(10).klClip(1e-8).build(), TYPE);
        KFacListener.attach(cut);
        List<DataSet> batches = Fixtures.batches(TYPE, 2);
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 99; i++) {
                cut.fit(batches.get(i % 2));
            }
            assertThat(hints(log)).isEmpty();
            for (int i = 0; i < 120; i++) {
                cut.fit(batches.get(i % 2));
            }
            assertThat(hints(log)).hasSize(1);
            assertThat(hints(log).get(0)).contains("klClip = 1.0E-8", "100 steps", "tenth");
        }
    }

    private static List<String> hints(LogCapture log) {
        return log.infos().stream().filter(line -> line.contains("tenth")).toList();
    }
}
