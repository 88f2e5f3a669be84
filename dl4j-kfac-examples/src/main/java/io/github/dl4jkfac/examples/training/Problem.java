package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.data.BatchSource;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.learning.config.IUpdater;

/** What an example trains: a network, its data and how good it is. */
public interface Problem {

    /** @return architecture, data and their sizes in one line; checkpoints of another problem are refused */
    String signature();

    /**
     * @param updater the optimizer
     * @param seed of the initial parameters
     * @return a new initialised network; the same seed gives the same parameters whatever the updater
     */
    MultiLayerNetwork network(IUpdater updater, long seed);

    /**
     * @param batch examples per step
     * @param seed of the order
     * @return the training batches
     */
    BatchSource batches(int batch, long seed);

    /**
     * @param network a network of this problem; not modified
     * @return its loss and error on the fixed evaluation sets
     */
    Scores evaluate(MultiLayerNetwork network);
}
