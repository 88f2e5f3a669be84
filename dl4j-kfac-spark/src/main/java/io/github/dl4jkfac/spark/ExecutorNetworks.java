package io.github.dl4jkfac.spark;

import io.github.dl4jkfac.KFacListener;
import io.github.dl4jkfac.session.JoinedStep;
import io.github.dl4jkfac.session.PartPass;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The copies of networks that an executor holds between tasks: one for each task that runs at the same time. They hold nothing that a step depends
 * on, so an executor that is lost loses nothing.
 */
final class ExecutorNetworks {

    /** Trainings whose copies are kept. */
    private static final int MOST = 4;

    private static final Map<String, Deque<Copy>> IDLE = new LinkedHashMap<>(MOST, 0.75f, true);

    private ExecutorNetworks() {}

    /**
     * A network, and its passes.
     *
     * @param training which training it belongs to
     * @param step of the network; never taken here
     * @param pass of a copy of it
     * @param state DL4J's updater state; null if no layer has any
     */
    record Copy(String training, JoinedStep step, PartPass pass, INDArray state) {}

    /** A copy that nobody uses; to be {@linkplain #giveBack given back}, unless it has failed. */
    static Copy take(SharedNetwork network) {
        synchronized (IDLE) {
            Deque<Copy> idle = IDLE.get(network.training());
            if (idle != null && !idle.isEmpty()) {
                return idle.pop();
            }
        }
        JoinedStep step = copy(network);
        return new Copy(network.training(), step, step.newPass(), step.stateForCopies());
    }

    /** A new copy of a network, and its steps, which are never taken here. */
    static JoinedStep copy(SharedNetwork network) {
        Model model = restore(network);
        if (KFacListener.isNeededBy(model)) {
            KFacListener.attach(model);
        }
        return new JoinedStep(model);
    }

    private static Model restore(SharedNetwork network) {
        try (ByteArrayInputStream bytes = new ByteArrayInputStream(network.model())) {
            return network.graph()
                    ? ModelSerializer.restoreComputationGraph(bytes, false)
                    : ModelSerializer.restoreMultiLayerNetwork(bytes, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void giveBack(Copy copy) {
        synchronized (IDLE) {
            IDLE.computeIfAbsent(copy.training(), unknown -> new ArrayDeque<>()).push(copy);
            if (IDLE.size() > MOST) {
                IDLE.remove(IDLE.keySet().iterator().next());
            }
        }
    }
}
