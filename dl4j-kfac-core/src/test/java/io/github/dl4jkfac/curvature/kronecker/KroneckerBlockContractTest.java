package io.github.dl4jkfac.curvature.kronecker;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.meanProduct;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.BlockMath;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.CurvatureBlockContract;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class KroneckerBlockContractTest extends CurvatureBlockContract {

    @Override
    protected SingleKind type() {
        return KroneckerBlock.TYPE;
    }

    @Override
    protected BlockShape shape() {
        return BlockShape.of(ParameterKind.RECURRENT, 4, 3, true);
    }

    /** Two positions. */
    @Override
    protected BatchRows batch(long seed, int samples, DataType type) {
        return OuterProductRows.of(
                InputSource.of(normal(seed, 2 * samples, 4).castTo(type)),
                normal(100 + seed, 2 * samples, 3).castTo(type),
                samples);
    }

    @Override
    protected BatchRows masked(int samples) {
        return new OuterProductRows(
                InputSource.of(normal(1, 2 * samples, 4)),
                Nd4j.zeros(DataType.DOUBLE, 2 * samples, 3),
                Nd4j.zeros(DataType.DOUBLE, 2 * samples, 1),
                0,
                samples);
    }

    @Override
    protected BatchRows dead(int samples) {
        return OuterProductRows.of(
                InputSource.of(normal(1, 2 * samples, 4)), Nd4j.zeros(DataType.DOUBLE, 2 * samples, 3), samples);
    }

    @Override
    protected INDArray damped(TestBlock block, double damping) {
        return BlockMath.dampedProduct(block.symmetric("A"), block.symmetric("G"), damping);
    }

    /** INDArray.get refuses some parts of views whose offset is less than their length, as that of A is here. */
    @Test
    void squareLayersAreNoSpecialCase() {
        for (int size = 1; size < 12; size++) {
            INDArray inputs = normal(1, 9, size);
            TestBlock block = TestBlock.of(
                    KroneckerBlock.TYPE,
                    BlockShape.of(ParameterKind.DENSE, size, size, true),
                    OuterProductRows.of(InputSource.of(inputs), normal(2, 9, size), 9));
            INDArray abar = homogeneous(inputs);
            assertThat(error(block.symmetric("A"), meanProduct(abar, abar))).isLessThan(1e-14);
        }
    }
}
