package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An approximation of the curvature matrix over several matrices of parameters at once, its members. Order of calls as of {@link
 * CurvatureBlock}, of which it is the generalisation; lists have one entry for each member, in the members' order.
 *
 * <p>Units: all statistics are means over the batch; so must be the gradients.
 */
public interface JointBlock {

    /**
     * Takes in one batch. The rows are not modified. They are valid during the call; made {@linkplain BatchRows#lasting lasting} they
     * stay so until {@link #precondition}, if the block {@link #keepsRows}. The caller has checked that they are finite.
     *
     * @param rows layer inputs and derivatives of one batch
     */
    void update(List<BatchRows> rows);

    /**
     * Tells how steep the loss is at the network's outputs, before {@link #update} takes in the rows. Few curvatures ask.
     *
     * @param squaredNorms |dL_n/dz_out|^2 of each sample, [N,1], no number zero; not modified
     */
    default void outputNorms(INDArray squaredNorms) {
        // most curvatures are made of the rows alone
    }

    /**
     * Sums over a part of a batch, as {@link CurvatureBlock#sums}.
     *
     * @param rows layer inputs and derivatives of the part
     * @return the sums, one for each member
     * @throws UnsupportedOperationException if the statistics are not linear in the batch
     */
    default List<BlockSums> sums(List<BatchRows> rows) {
        throw new UnsupportedOperationException(
                getClass().getName() + " does not say how its statistics are made of parts of a batch");
    }

    /**
     * Folds a batch into the statistics that has come in parts, as {@link CurvatureBlock#fold}.
     *
     * @param sums over all parts of the batch, one for each member
     * @throws IllegalArgumentException if they are of another kind or shape
     * @throws UnsupportedOperationException as {@link #sums}
     */
    default void fold(List<BlockSums> sums) {
        throw new UnsupportedOperationException(
                getClass().getName() + " does not say how its statistics are made of parts of a batch");
    }

    /**
     * Begins to recompute what preconditioning needs. If that fails the last good state stays in force.
     *
     * @param damping the Tikhonov damping lambda &gt;= 0 of each member
     * @return what is to be computed and put in force
     */
    Refresh stage(List<Double> damping);

    /**
     * Recomputes what preconditioning needs, all at once.
     *
     * @param damping the Tikhonov damping lambda &gt;= 0 of each member
     */
    default void refresh(List<Double> damping) {
        stage(damping).run();
    }

    /** {@return whether {@link #precondition} is made of the rows of the very batch, and no batch without them can be stepped on} */
    default boolean keepsRows() {
        return false;
    }

    /** {@return whether {@link #precondition} can be called} */
    boolean isReady();

    /** {@return whether the present batch says nothing of the members, so that {@link #precondition} lets their gradients pass} */
    default boolean isSilent() {
        return false;
    }

    /**
     * Applies the inverse of the damped curvature.
     *
     * @param gradients of each member [dA,dG], column-major, means over the batch; overwritten with the preconditioned gradients
     */
    void precondition(List<INDArray> gradients);

    /** Forgets the batch that was taken in last: no step is made of it. Averages over batches, if there are any, stay. */
    default void discard() {
        // averages keep nothing of a single batch
    }

    /**
     * Writes out the curvature, undamped. For tests and small networks.
     *
     * @return a new dense matrix over the row-major vectors of the members' matrices, one after the other
     */
    INDArray toDense();
}
