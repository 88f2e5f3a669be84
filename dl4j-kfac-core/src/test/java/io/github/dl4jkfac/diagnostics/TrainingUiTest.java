package io.github.dl4jkfac.diagnostics;

import static io.github.dl4jkfac.testing.TestNetworks.batch;
import static io.github.dl4jkfac.testing.TestNetworks.dense;
import static io.github.dl4jkfac.testing.TestNetworks.fit;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.output;
import static io.github.dl4jkfac.testing.TestNetworks.sequence;
import static io.github.dl4jkfac.testing.TestNetworks.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.Serializable;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.deeplearning4j.core.storage.Persistable;
import org.deeplearning4j.core.storage.StatsStorage;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.ui.model.stats.J7StatsListener;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.stats.api.StatsInitializationReport;
import org.deeplearning4j.ui.model.stats.api.StatsReport;
import org.deeplearning4j.ui.model.stats.api.StatsType;
import org.deeplearning4j.ui.model.stats.impl.java.JavaStatsReport;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** What the training UI finds in the storage. */
class TrainingUiTest {

    private final StatsStorage storage = new InMemoryStatsStorage();

    private static MultiLayerNetwork network() {
        return sequence(
                settings(new Sgd(0.1)),
                dense(4, 5, Activation.TANH).build(),
                output(5, 3, Activation.SOFTMAX, new LossMCXENT()).build());
    }

    private static void train(MultiLayerNetwork network) {
        for (int step = 0; step < 6; step++) {
            fit(network, batch(normal(step, 8, 4), oneHot(8, 3)));
        }
    }

    private List<String> workers(String session) {
        return storage.listWorkerIDsForSessionAndType(session, StatsListener.TYPE_ID).stream()
                .sorted()
                .toList();
    }

    private List<StatsReport> curve(String session) {
        return storage.getAllUpdatesAfter(session, StatsListener.TYPE_ID, "update-quality", 0).stream()
                .map(StatsReport.class::cast)
                .toList();
    }

    @Test
    void everyFigureIsTheScoreOfASessionOfItsOwn() {
        MultiLayerNetwork network = network();
        TrainingUi ui = new TrainingUi(storage, "quality");
        QualityListener listener =
                QualityListener.builder().interval(2).reporter(ui).build();
        network.addListeners(listener);
        train(network);
        assertThat(ui.sessions())
                .containsExactly(
                        "quality-1-indicator-relative-to-gradient",
                        "quality-2-indicator-of-exact-natural-gradient",
                        "quality-3-cosine-to-exact-natural-gradient",
                        "quality-4-cosine-to-gradient");
        assertThat(storage.listSessionIDs()).containsExactlyInAnyOrderElementsOf(ui.sessions());
        List<ToDoubleFunction<QualityReport>> figures = List.of(
                QualityReport::relative,
                QualityReport::relativeOfNatural,
                QualityReport::cosineToNatural,
                QualityReport::cosineToGradient);
        for (int i = 0; i < figures.size(); i++) {
            List<StatsReport> curve = curve(ui.sessions().get(i));
            assertThat(workers(ui.sessions().get(i))).hasSize(1);
            ToDoubleFunction<QualityReport> figure = figures.get(i);
            assertThat(curve).extracting(StatsReport::getIterationCount).containsExactly(0, 2, 4);
            assertThat(curve)
                    .extracting(StatsReport::getScore)
                    .containsExactlyElementsOf(listener.history().stream()
                            .map(figure::applyAsDouble)
                            .toList());
        }
    }

    @Test
    void theSessionTellsOfItsNetwork() {
        MultiLayerNetwork network = network();
        network.addListeners(QualityListener.builder()
                .reporter(new TrainingUi(storage, "quality"))
                .build());
        train(network);
        List<Persistable> infos = storage.getAllStaticInfos("quality-4-cosine-to-gradient", StatsListener.TYPE_ID);
        assertThat(infos).hasSize(1).allSatisfy(each -> {
            StatsInitializationReport info = (StatsInitializationReport) each;
            assertThat(info.getModelClassName()).isEqualTo(MultiLayerNetwork.class.getName());
            assertThat(MultiLayerConfiguration.fromJson(info.getModelConfigJson())
                            .getConfs())
                    .hasSize(2);
            assertThat(info.getModelNumLayers()).isEqualTo(2);
            assertThat(info.getModelNumParams()).isEqualTo(network.numParams());
            assertThat(info.getSwJvmUID()).isNotNull();
        });
        assertThat(storage.getStorageMetaData("quality-4-cosine-to-gradient", StatsListener.TYPE_ID)
                        .getUpdateTypeClass())
                .isEqualTo(JavaStatsReport.class.getName());
    }

    /** What the UI's pages ask of every update, without a look whether it is there. */
    @Test
    void updatesHaveAllThatTheUiTakesForGranted() {
        MultiLayerNetwork network = network();
        network.addListeners(QualityListener.builder()
                .reporter(new TrainingUi(storage, "quality"))
                .build());
        train(network);
        StatsReport update = curve("quality-1-indicator-relative-to-gradient").get(0);
        for (StatsType type : StatsType.values()) {
            assertThat(update.getMeanMagnitudes(type)).isEmpty();
            assertThat(update.getHistograms(type)).isEmpty();
        }
        assertThat(update.getLearningRates()).isEmpty();
        assertThat(update.getJvmMaxBytes()).isPositive();
        JavaStatsReport restored = new JavaStatsReport();
        restored.decode(update.encode());
        assertThat(restored).isEqualTo(update).isInstanceOf(Serializable.class);
    }

    @Test
    void whatIsNotComputedIsNotDrawn() {
        MultiLayerNetwork network = network();
        network.addListeners(QualityListener.builder()
                .maxIterations(0)
                .reporter(new TrainingUi(storage, "quality"))
                .build());
        train(network);
        assertThat(curve("quality-1-indicator-relative-to-gradient")).hasSize(1);
        assertThat(storage.listSessionIDs()).hasSize(2).doesNotContain("quality-2-indicator-of-exact-natural-gradient");
        assertThat(curve("quality-4-cosine-to-gradient")).hasSize(1);
    }

    /** Storages keep one update per worker and millisecond. */
    @Test
    void noUpdateReplacesAnother() {
        TrainingUi ui = new TrainingUi(storage, "quality");
        MultiLayerNetwork network = network();
        for (int iteration = 0; iteration < 200; iteration++) {
            ui.report(network, new QualityReport(iteration, 0, 1, 2, 4, 1, 0.5, 0.75, 3, 0.1, 1000));
        }
        assertThat(curve("quality-4-cosine-to-gradient"))
                .extracting(StatsReport::getIterationCount)
                .hasSize(200)
                .isSorted();
    }

    @Test
    void aStorageThatIsAttachedIsFound() {
        MultiLayerNetwork network = network();
        J7StatsListener attached = new J7StatsListener(storage);
        attached.setSessionID("training");
        network.setListeners(
                QualityListener.builder().interval(3).maxIterations(0).build(), attached);
        train(network);
        assertThat(storage.listSessionIDs())
                .containsExactlyInAnyOrder(
                        "training",
                        "update-quality-of-training-1-indicator-relative-to-gradient",
                        "update-quality-of-training-4-cosine-to-gradient");
        assertThat(curve("update-quality-of-training-1-indicator-relative-to-gradient"))
                .hasSize(2);
    }

    @Test
    void aStorageThatIsGivenReplacesTheAttachedOne() {
        MultiLayerNetwork network = network();
        StatsStorage other = new InMemoryStatsStorage();
        network.setListeners(
                QualityListener.builder()
                        .maxIterations(0)
                        .reporter(new TrainingUi(storage))
                        .build(),
                new J7StatsListener(other));
        train(network);
        assertThat(storage.listSessionIDs())
                .hasSize(2)
                .allSatisfy(session -> assertThat(session).startsWith("update-quality-"));
        assertThat(other.listSessionIDs()).hasSize(1);
    }
}
