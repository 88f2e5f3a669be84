package io.github.dl4jkfac.examples.models;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import io.github.dl4jkfac.examples.optimizers.OptimizerSettings;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.learning.config.IUpdater;

/** A kind of network with softmax outputs. */
public interface Architecture {

    /** @return name and size in a few words */
    String name();

    /**
     * @param updater the optimizer
     * @param seed of the initial parameters
     * @return a new initialised network; the same seed gives the same parameters whatever the updater
     */
    Model network(IUpdater updater, long seed);

    /** @return examples per step where the user names no other number */
    int defaultBatch();

    /**
     * @param optimizer which optimizer
     * @return settings that suit this network better than the optimizer's own
     */
    OptimizerSettings defaults(Optimizer optimizer);
}
