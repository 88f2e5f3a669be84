package io.github.dl4jkfac.diagnostics;

import java.util.IdentityHashMap;
import java.util.Map;
import org.deeplearning4j.core.storage.listener.RoutingIterationListener;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;

/** Reports to the storages that a network's listeners write to, such as the StatsListener of DL4J's training UI. */
final class AttachedUi implements QualityReporter {

    /** Only who has DL4J's training UI has these classes. */
    private static final boolean PRESENT =
            isPresent("org.deeplearning4j.core.storage.listener.RoutingIterationListener")
                    && isPresent("org.deeplearning4j.ui.model.stats.impl.java.JavaStatsReport");

    private final Map<Object, QualityReporter> byStorage = new IdentityHashMap<>();

    private static boolean isPresent(String name) {
        try {
            Class.forName(name, false, AttachedUi.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    @Override
    public void report(Model model, QualityReport report) {
        if (PRESENT) {
            for (TrainingListener listener : listeners(model)) {
                if (listener instanceof RoutingIterationListener routing && routing.getStorageRouter() != null) {
                    byStorage
                            .computeIfAbsent(routing.getStorageRouter(), storage -> beside(routing))
                            .report(model, report);
                }
            }
        }
    }

    /** Sessions that are found beside the listener's own. */
    private static QualityReporter beside(RoutingIterationListener routing) {
        return routing.getSessionID() == null
                ? new TrainingUi(routing.getStorageRouter())
                : new TrainingUi(routing.getStorageRouter(), "update-quality-of-" + routing.getSessionID());
    }

    private static Iterable<TrainingListener> listeners(Model model) {
        return model instanceof MultiLayerNetwork network
                ? network.getListeners()
                : ((ComputationGraph) model).getListeners();
    }
}
