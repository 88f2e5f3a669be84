package io.github.dl4jkfac.curvature.diagonal;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.state.Slice;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Which factors make up the diagonal of a block, and how a batch's rows make the factors. */
interface DiagonalModel {

    /** The model for parameters of some shape. */
    static DiagonalModel of(BlockShape shape) {
        return shape.kind() == ParameterKind.UNITWISE ? new UnitDiagonal(shape) : new KroneckerDiagonal(shape);
    }

    /** Names and sizes of the factors. */
    List<Slice> factors();

    /** The factors of one batch of at least one active row; new arrays. */
    List<INDArray> ofBatch(BatchRows rows);

    /**
     * Multiplies the factors out.
     *
     * @param factors as named by {@link #factors}; not modified
     * @param out [dA,dG], overwritten with the diagonal
     */
    void product(List<INDArray> factors, INDArray out);
}
