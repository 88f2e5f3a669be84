package io.github.dl4jkfac.diagnostics;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
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
 * Curves in DL4J's training UI. The UI draws one curve per session that is not a layer's: the score. So each curve is a session of its own,
 * to be chosen by its name on the overview page, whose score is the curve's value. (Workers of one session would not do: the UI labels
 * their curves in an order that is not theirs.)
 */
final class UiCurves {

    private final StatsStorageRouter storage;
    private final String name;
    private final String worker;
    private final Set<String> introduced = new HashSet<>();
    private final long began = System.currentTimeMillis();
    private long last;

    /**
     * Makes none yet: a curve appears with its first value.
     *
     * @param name what the IDs of the sessions begin with
     * @param worker of all sessions
     */
    UiCurves(StatsStorageRouter storage, String name, String worker) {
        this.storage = storage;
        this.name = name;
        this.worker = worker;
    }

    /** The ID of a curve's session. */
    String session(String title) {
        return name + "-" + title;
    }

    /** To be called before the curves of a step. */
    void begin() {
        last = Math.max(System.currentTimeMillis(), last + 1); // storages keep one update per worker and millisecond
    }

    /**
     * Adds a point to a curve; one whose value is not finite is left out.
     *
     * @param model that is trained
     * @param title of the curve
     * @param iteration of the point
     * @param value of the point
     * @param nanos that it took to find
     */
    void add(Model model, String title, int iteration, double value, long nanos) {
        if (Double.isFinite(value)) {
            if (introduced.add(title)) {
                introduce(model, session(title));
            }
            storage.putUpdate(update(session(title), iteration, value, nanos));
        }
    }

    /** The UI knows a session from its static information, and reads the network from it. */
    private void introduce(Model model, String session) {
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

    private JavaStatsReport update(String session, int iteration, double value, long nanos) {
        JavaStatsReport update = new JavaStatsReport();
        update.reportIDs(session, StatsListener.TYPE_ID, worker, last);
        update.reportIterationCount(iteration);
        update.reportScore(value);
        update.reportStatsCollectionDurationMS((int) (nanos / 1_000_000));
        update.reportPerformance(last - began, 0, iteration + 1L, 0, 0);
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
