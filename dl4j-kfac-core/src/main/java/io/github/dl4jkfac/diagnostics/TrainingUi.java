package io.github.dl4jkfac.diagnostics;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.ToDoubleFunction;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.stats.api.StatsType;
import org.deeplearning4j.ui.model.stats.impl.java.JavaStatsInitializationReport;
import org.deeplearning4j.ui.model.stats.impl.java.JavaStatsReport;
import org.deeplearning4j.ui.model.storage.impl.JavaStorageMetaData;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Draws the quality of a training's steps into DL4J's training UI. The UI draws one curve per session and worker that is not a layer's:
 * the score. So the figures are a session of their own, to be chosen on the overview page, whose workers are the figures and whose
 * score is their value:
 *
 * <ol>
 *   <li>the indicator relative to the gradient's: below 1 the step is better than the gradient
 *   <li>the same of the exact damped natural gradient: the best that can be had
 *   <li>the cosine to the exact damped natural gradient
 *   <li>the cosine to the gradient
 * </ol>
 *
 * <p>Needs {@code deeplearning4j-ui-model}, which {@code deeplearning4j-ui} brings. {@link QualityListener} uses it by itself for a
 * network that has a StatsListener.
 */
public final class TrainingUi implements QualityReporter {

    /** One curve. */
    private enum Curve {
        RELATIVE("1-indicator-relative-to-gradient", QualityReport::relative),
        NATURAL("2-indicator-of-exact-natural-gradient", QualityReport::relativeOfNatural),
        COSINE_TO_NATURAL("3-cosine-to-exact-natural-gradient", QualityReport::cosineToNatural),
        COSINE_TO_GRADIENT("4-cosine-to-gradient", QualityReport::cosineToGradient);

        private final String worker;
        private final ToDoubleFunction<QualityReport> value;

        Curve(String worker, ToDoubleFunction<QualityReport> value) {
            this.worker = worker;
            this.value = value;
        }
    }

    private final StatsStorageRouter storage;
    private final String session;
    private final long began = System.currentTimeMillis();
    private long last;
    private boolean introduced;

    /**
     * A session with a name of its own.
     *
     * @param storage that the UI is attached to, or that passes on to it
     */
    public TrainingUi(StatsStorageRouter storage) {
        this(storage, "update-quality-" + UUID.randomUUID());
    }

    /**
     * A session.
     *
     * @param storage that the UI is attached to, or that passes on to it
     * @param session the ID that the UI lists it by
     */
    public TrainingUi(StatsStorageRouter storage, String session) {
        this.storage = storage;
        this.session = session;
    }

    /** {@return the ID that the UI lists the session by} */
    public String session() {
        return session;
    }

    @Override
    public void report(Model model, QualityReport report) {
        // storages keep one update per worker and millisecond
        last = Math.max(System.currentTimeMillis(), last + 1);
        for (Curve curve : Curve.values()) {
            double value = curve.value.applyAsDouble(report);
            if (!introduced) {
                introduce(model, curve.worker);
            }
            if (Double.isFinite(value)) {
                storage.putUpdate(update(curve.worker, report, value));
            }
        }
        introduced = true;
    }

    /** The UI knows a session from its static information, and reads the network from it. */
    private void introduce(Model model, String worker) {
        storage.putStorageMetaData(new JavaStorageMetaData(
                last,
                session,
                StatsListener.TYPE_ID,
                worker,
                JavaStatsInitializationReport.class,
                JavaStatsReport.class));
        JavaStatsInitializationReport info = new JavaStatsInitializationReport();
        info.reportIDs(session, StatsListener.TYPE_ID, worker, last);
        info.reportSoftwareInfo(
                System.getProperty("os.arch"),
                System.getProperty("os.name"),
                System.getProperty("java.vm.name"),
                System.getProperty("java.version"),
                System.getProperty("java.specification.version"),
                Nd4j.factory().getClass().getName(),
                Nd4j.dataType().name(),
                null,
                session,
                new HashMap<>());
        Runtime runtime = Runtime.getRuntime();
        info.reportHardwareInfo(runtime.availableProcessors(), 0, runtime.maxMemory(), 0, null, null, null);
        info.reportModelInfo(
                model.getClass().getName(),
                model instanceof MultiLayerNetwork network
                        ? network.getLayerWiseConfigurations().toJson()
                        : ((ComputationGraph) model).getConfiguration().toJson(),
                model.paramTable().keySet().toArray(String[]::new),
                model instanceof MultiLayerNetwork network
                        ? network.getnLayers()
                        : ((ComputationGraph) model).getNumLayers(),
                model.numParams());
        storage.putStaticInfo(info);
    }

    private JavaStatsReport update(String worker, QualityReport report, double value) {
        JavaStatsReport update = new JavaStatsReport();
        update.reportIDs(session, StatsListener.TYPE_ID, worker, last);
        update.reportIterationCount(report.iteration());
        update.reportScore(value);
        update.reportStatsCollectionDurationMS((int) (report.nanos() / 1_000_000));
        update.reportPerformance(last - began, 0, report.iteration() + 1L, 0, 0);
        Runtime runtime = Runtime.getRuntime();
        update.reportMemoryUse(runtime.totalMemory(), runtime.maxMemory(), 0, 0, null, null);
        // the UI's model page takes it for granted that these are there
        update.reportLearningRates(new HashMap<>());
        for (StatsType type : StatsType.values()) {
            Map<String, Double> none = new HashMap<>();
            update.reportMean(type, none);
            update.reportStdev(type, none);
            update.reportMeanMagnitudes(type, none);
            update.reportHistograms(type, new HashMap<>());
        }
        return update;
    }
}
