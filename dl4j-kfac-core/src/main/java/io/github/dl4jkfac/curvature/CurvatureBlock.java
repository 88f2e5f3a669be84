package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.curvature.rows.BatchRows;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One layer's approximation of the curvature matrix. Order of calls: {@link #update} with every batch that is to enter the
 * statistics, {@link #refresh} whenever the inverse is to follow them, {@link #precondition} at every step.
 *
 * <p>Units: all statistics are means over the batch; so must be the gradient.
 */
public interface CurvatureBlock {

    /**
     * Folds one batch into the moving averages. The rows are not modified. The caller has checked that they are finite; where their
     * products overflow, it puts back what the block keeps in its state, all of it, and nothing else that it might keep.
     *
     * @param rows layer inputs and derivatives of one batch
     */
    void update(BatchRows rows);

    /**
     * Sums over a part of a batch, of which other parts are elsewhere. {@link #fold} of the sums over all parts does what {@link #update}
     * does with the whole batch.
     *
     * @param rows layer inputs and derivatives of the part; not modified
     * @return the sums; the statistics stay as they are
     * @throws UnsupportedOperationException if the block's statistics are not linear in the batch, naming the kind of block
     */
    default BlockSums sums(BatchRows rows) {
        throw new UnsupportedOperationException(
                getClass().getName() + " does not say how its statistics are made of parts of a batch");
    }

    /**
     * Folds a batch into the moving averages that has come in parts.
     *
     * @param sums over all parts of the batch
     * @throws IllegalArgumentException if they are of another kind or shape
     * @throws UnsupportedOperationException as {@link #sums}
     */
    default void fold(BlockSums sums) {
        throw new UnsupportedOperationException(
                getClass().getName() + " does not say how its statistics are made of parts of a batch");
    }

    /**
     * Begins to recompute the inverse from the averages. If that fails the last good inverse stays in force; the caller sees to that
     * where the state is not finite afterwards.
     *
     * @param damping the Tikhonov damping lambda &gt;= 0 of the block as a whole
     * @return what is to be computed and put in force
     */
    Refresh stage(double damping);

    /**
     * Recomputes the inverse from the averages, all at once.
     *
     * @param damping the Tikhonov damping lambda &gt;= 0 of the block as a whole
     */
    default void refresh(double damping) {
        stage(damping).run();
    }

    /** {@return whether {@link #precondition} can be called: some batch has entered the statistics and the inverse exists} */
    boolean isReady();

    /**
     * Applies the inverse of the damped block.
     *
     * @param gradient [dA,dG], mean over the batch; not modified
     * @param work [dA,dG], overwritten
     * @param out [dA,dG], overwritten with the preconditioned gradient; not aliasing the others
     */
    void precondition(INDArray gradient, INDArray work, INDArray out);

    /**
     * Writes out the block, undamped. For tests and small layers: the matrix has (dA dG)^2 entries.
     *
     * @return a new dense matrix over the row-major vector of [dA,dG]
     */
    INDArray toDense();
}
