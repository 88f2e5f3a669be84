package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Maps one type of layer to rows: which of its parameters form which matrices, and what a batch's inputs and derivatives say about
 * each. One instance serves all layers of its type and holds no state.
 */
public interface RowMapper {

    /** The point of the backward pass whose derivatives a layer's rows are made of. */
    enum Site {
        /** What the layer's activation function is applied to. */
        PRE_ACTIVATION,
        /** The layer's output. */
        OUTPUT
    }

    /** {@return where the derivatives are taken} */
    Site site();

    /**
     * Lists the parameters that have a curvature block.
     *
     * @param layer the live layer
     * @return the matrices; empty if this layer has to be left to the fallback updater
     */
    List<ParameterGroup> groups(Layer layer);

    /**
     * Puts the derivatives of one pass into the order of rows.
     *
     * @param layer the live layer
     * @param derivatives at the {@link #site()}, in DL4J's shape
     * @param batch number of samples
     * @return a view [dG, N, T] or with T split into several dimensions
     */
    INDArray columnsFirst(Layer layer, INDArray derivatives, long batch);

    /**
     * Makes the rows of all groups.
     *
     * @param layer the live layer
     * @param inputs the layer's inputs as its forward pass used them, in DL4J's shape, of the whole batch; not to be modified. Of an
     *     output layer: of the samples that enter, put into the order of rows by {@link #columnsFirst} as well
     * @param derivatives of the per-sample losses (sums over the batch are their sums), [N T, dG], column-major, of the samples that
     *     enter; may be overwritten
     * @param samples the samples that enter
     * @return one for each of {@link #groups}
     */
    List<BatchRows> rows(Layer layer, INDArray inputs, INDArray derivatives, Samples samples);
}
