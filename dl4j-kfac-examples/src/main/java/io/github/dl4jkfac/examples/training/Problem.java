package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.data.TrainingBatches;
import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.learning.config.IUpdater;

/** What an example trains: a network, its data and how good it is. */
public interface Problem {

    /** @return architecture, data and their sizes in one line; checkpoints of another problem are refused */
    String signature();

    /**
     * @param updater the optimizer
     * @param seed of the initial parameters
     * @return a new initialised network, a {@code MultiLayerNetwork} or a {@code ComputationGraph} with one input and
     *     one output; the same seed gives the same parameters whatever the updater
     */
    Model network(IUpdater updater, long seed);

    /** @return the number of training examples */
    int trainCount();

    /** @return examples per step where the user names no other number */
    int defaultBatch();

    /**
     * @param optimizer which optimizer
     * @return settings that suit this problem better than the optimizer's own; what the user sets goes before
     */
    default OptimizerSettings defaults(Optimizer optimizer) {
        return OptimizerSettings.DEFAULTS;
    }

    /**
     * @param batch examples per step
     * @param seed of the order
     * @return the training batches, to be closed
     */
    TrainingBatches batches(int batch, long seed);

    /**
     * @param network a network of this problem; not modified
     * @return its loss and error on the fixed evaluation sets
     */
    Scores evaluate(Model network);

    /** @return whether the error is the share of wrongly classified examples, so that there is an accuracy */
    default boolean classifies() {
        return false;
    }
}
