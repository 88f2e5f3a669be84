package io.github.dl4jkfac.diagnostics;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * Draws the quality of a training's steps into DL4J's training UI. The UI draws one curve per session that is not a layer's: the score. So
 * each figure is a session of its own, to be chosen by its name on the overview page, whose score is the figure's value. (Workers of one
 * session would not do: the UI labels their curves in an order that is not theirs.) The figures are
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

        private final String title;
        private final ToDoubleFunction<QualityReport> value;

        Curve(String title, ToDoubleFunction<QualityReport> value) {
            this.title = title;
            this.value = value;
        }
    }

    /** Of every session. */
    private static final String WORKER = "update-quality";

    private final StatsStorageRouter storage;
    private final String name;
    private final Set<Curve> introduced = EnumSet.noneOf(Curve.class);
    private final long began = System.currentTimeMillis();
    private long last;

    /**
     * Sessions with a name of their own.
     *
     * @param storage that the UI is attached to, or that passes on to it
     */
    public TrainingUi(StatsStorageRouter storage) {
        this(storage, "update-quality-" + UUID.randomUUID());
    }

    /**
     * Sessions.
     *
     * @param storage that the UI is attached to, or that passes on to it
     * @param name what the IDs begin with that the UI lists the sessions by
     */
    public TrainingUi(StatsStorageRouter storage, String name) {
        this.storage = storage;
        this.name = name;
    }

    /** {@return the IDs that the UI lists the sessions by, in the order of the figures; one appears with its first value} */
    public List<String> sessions() {
        return Arrays.stream(Curve.values()).map(this::session).toList();
    }

    private String session(Curve curve) {
        return name + "-" + curve.title;
    }

    @Override
    public void report(Model model, QualityReport report) {
        // storages keep one update per worker and millisecond
        last = Math.max(System.currentTimeMillis(), last + 1);
        for (Curve curve : Curve.values()) {
            double value = curve.value.applyAsDouble(report);
            if (Double.isFinite(value)) {
                if (introduced.add(curve)) {
                    introduce(model, session(curve));
                }
                storage.putUpdate(update(session(curve), report, value));
            }
        }
    }

    /** The UI knows a session from its static information, and reads the network from it. */
    private void introduce(Model model, String session) {
        storage.putStorageMetaData(new JavaStorageMetaData(
                last,
                session,
                StatsListener.TYPE_ID,
                WORKER,
                JavaStatsInitializationReport.class,
                JavaStatsReport.class));
        JavaStatsInitializationReport info = new JavaStatsInitializationReport();
        info.reportIDs(session, StatsListener.TYPE_ID, WORKER, last);
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

    private JavaStatsReport update(String session, QualityReport report, double value) {
        JavaStatsReport update = new JavaStatsReport();
        update.reportIDs(session, StatsListener.TYPE_ID, WORKER, last);
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
