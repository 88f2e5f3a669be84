package io.github.dl4jkfac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.diagnostics.StepControl;
import io.github.dl4jkfac.diagnostics.StepCurves;
import io.github.dl4jkfac.testing.Fixtures;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.core.storage.StatsStorage;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.stats.api.StatsReport;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/** What the training UI finds of steps. */
class StepChartsTest {

    private static final int STEPS = 6;

    private final StatsStorage storage = new InMemoryStatsStorage();
    private final StepCurves curves = new StepCurves(storage, "steps");

    private List<StepControl> train(IUpdater updater, int interval) {
        MultiLayerNetwork net = Fixtures.mlp(updater, DataType.FLOAT);
        KFacListener listener = updater instanceof KFac ? KFacListener.attach(net) : null;
        net.addListeners(new StepCharts(curves, interval));
        List<StepControl> controls = new ArrayList<>();
        for (DataSet batch : Fixtures.batches(DataType.FLOAT, STEPS)) {
            net.fit(batch);
            controls.add(listener == null ? null : listener.report(net).control());
        }
        return controls;
    }

    private List<StatsReport> curve(String title) {
        return storage.getAllUpdatesAfter("steps-" + title, StatsListener.TYPE_ID, "steps", 0).stream()
                .map(StatsReport.class::cast)
                .toList();
    }

    @Test
    void everyFigureOfAStepIsAPoint() {
        List<StepControl> controls = train(KFac.builder().automatic().build(), 1);
        assertThat(curve("1-alpha"))
                .extracting(StatsReport::getScore)
                .containsExactlyElementsOf(
                        controls.stream().map(StepControl::alpha).toList());
        assertThat(curve("6-ratio-of-decrease-to-promise"))
                .extracting(StatsReport::getScore)
                .containsExactlyElementsOf(controls.stream()
                        .map(StepControl::ratio)
                        .filter(Double::isFinite)
                        .toList());
        assertThat(curve("8-damping")).hasSize(STEPS);
        assertThat(curves.sessions()).containsAll(storage.listSessionIDs());
    }

    @Test
    void stepsByHandHaveDampingAndScaleOnly() {
        train(KFac.builder().klClip(0.01).build(), 1);
        assertThat(storage.listSessionIDs()).containsExactlyInAnyOrder("steps-8-damping", "steps-9-kl-scale");
    }

    @Test
    void anIntervalLeavesStepsOut() {
        train(new KFac(), 3);
        assertThat(curve("8-damping"))
                .extracting(StatsReport::getIterationCount)
                .containsExactly(0, 3);
    }

    @Test
    void networksOfOthersAreLeftAlone() {
        train(new Adam(), 1);
        assertThat(storage.listSessionIDs()).isEmpty();
    }

    @Test
    void anIntervalBelowOneIsRefused() {
        assertThatThrownBy(() -> new StepCharts(curves, 0)).hasMessageContaining("at least 1");
    }
}
