package io.github.dl4jkfac;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.Solver;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listeners of a network and their order. Ours is to be the first: DL4J has moved the parameters when it calls {@code iterationDone},
 * and what a left-out batch has moved has to be put back before anybody else, a CheckpointListener above all, looks at them.
 */
final class Listeners {

    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

    private Listeners() {}

    static Collection<TrainingListener> of(Model model) {
        return model instanceof MultiLayerNetwork network
                ? network.getListeners()
                : ((ComputationGraph) model).getListeners();
    }

    /** Adds ours in front of those that are there. */
    static void addFirst(Model model, KFacListener own) {
        List<TrainingListener> all = new ArrayList<>(of(model));
        all.add(0, own);
        if (model instanceof MultiLayerNetwork network) {
            network.setListeners(all);
        } else {
            ((ComputationGraph) model).setListeners(all);
        }
    }

    /**
     * Moves ours to the front, where the user's own order has it behind others. May be called while DL4J goes through the listeners: those
     * before ours have had their turn, and nothing is added or removed.
     */
    static void moveFirst(Model model, KFacListener own) {
        Collection<TrainingListener> all = of(model);
        if (!(all instanceof List<TrainingListener> list)
                || !list.contains(own)
                || list.get(0) instanceof KFacListener) {
            return;
        }
        for (int i = list.indexOf(own); i > 0; i--) {
            list.set(i, list.set(i - 1, list.get(i)));
        }
        if (model instanceof MultiLayerNetwork network) {
            network.addListeners(); // none, but hands the list to DL4J's optimiser, which has one of its own
        } else {
            handToOptimiser((ComputationGraph) model);
        }
    }

    /** A graph does the same, but not while it goes through the list. */
    private static void handToOptimiser(ComputationGraph graph) {
        try {
            Field field = ComputationGraph.class.getDeclaredField("solver");
            field.setAccessible(true);
            Solver solver = (Solver) field.get(graph);
            if (solver != null) {
                solver.setListeners(graph.getListeners());
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.warn(
                    "The listeners of the graph cannot be put in order ({}). Add the KFacListener before other listeners, so that "
                            + "these see no batch that is about to be left out.",
                    e.toString());
        }
    }
}
