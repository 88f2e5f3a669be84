package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.optimizers.Optimizer;
import java.util.List;
import org.deeplearning4j.nn.api.Model;

/** Follows a comparison: for each optimizer in turn {@code started}, then steps and rows, then {@code finished}. */
public interface ComparisonListener extends Progress {

    /**
     * Something takes a while before the next optimizer begins.
     *
     * @param what is going on, a few words
     */
    void preparing(String what);

    /**
     * An optimizer begins, or continues.
     *
     * @param optimizer which one
     * @param soFar its rows until now, at least that of step 0
     */
    void started(Optimizer optimizer, List<Row> soFar);

    /**
     * The optimizer that was started last is done.
     *
     * @param optimizer which one
     * @param network the trained network; not kept afterwards
     * @param rows all its rows
     */
    void finished(Optimizer optimizer, Model network, List<Row> rows);
}
