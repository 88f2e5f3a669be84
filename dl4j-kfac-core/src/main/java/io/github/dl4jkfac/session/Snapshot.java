package io.github.dl4jkfac.session;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.capture.NetworkView;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Parameters and updater state of a network, those of all its updaters, before a batch that may have to be left out.
 *
 * @param parameters a copy
 * @param state a copy
 */
record Snapshot(INDArray parameters, INDArray state) {

    static Snapshot of(Model model, NetworkView network) {
        try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return new Snapshot(
                    model.params().dup(), network.updater().getStateViewArray().dup());
        }
    }

    void restore(Model model, NetworkView network) {
        model.params().assign(parameters);
        restoreState(network);
    }

    void restoreState(NetworkView network) {
        network.updater().getStateViewArray().assign(state);
    }

    /** Whether the network's parameters and updater state are finite now. */
    static boolean isFinite(Model model, NetworkView network) {
        return Finite.isFinite(model.params()) && isStateFinite(network);
    }

    static boolean isStateFinite(NetworkView network) {
        return Finite.isFinite(network.updater().getStateViewArray());
    }
}
