package io.github.dl4jkfac.curvature.kronecker;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.BlockMath;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.CurvatureBlockContract;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class UnitwiseBlockTest {

    private abstract static class Contract extends CurvatureBlockContract {

        private final int order;

        Contract(int order) {
            this.order = order;
        }

        @Override
        protected SingleKind type() {
            return UnitwiseBlock.TYPE;
        }

        @Override
        protected BlockShape shape() {
            return shapeOf(order);
        }

        @Override
        protected BatchRows batch(long seed, int samples, DataType type) {
            return gradients(order, seed, samples, type);
        }

        @Override
        protected BatchRows masked(int samples) {
            return null;
        }

        @Override
        protected BatchRows dead(int samples) {
            return new SampleGradients(IntStream.range(0, order)
                    .mapToObj(i -> Nd4j.zeros(DataType.DOUBLE, samples, 5))
                    .toList());
        }

        @Override
        protected INDArray damped(TestBlock block, double damping) {
            return plusDiagonal(block.block().toDense(), damping);
        }
    }

    @Nested
    class OfOneRow extends Contract {
        OfOneRow() {
            super(1);
        }
    }

    @Nested
    class OfTwoRows extends Contract {
        OfTwoRows() {
            super(2);
        }
    }

    @Nested
    class OfThreeRows extends Contract {
        OfThreeRows() {
            super(3);
        }
    }

    private static BlockShape shapeOf(int order) {
        return BlockShape.of(ParameterKind.UNITWISE, order, 5, false);
    }

    private static SampleGradients gradients(int order, long seed, int samples, DataType type) {
        return new SampleGradients(IntStream.range(0, order)
                .mapToObj(i -> normal(10 * seed + i, samples, 5).castTo(type))
                .toList());
    }

    /** The Fisher matrix of the samples' gradients without the products of different units. */
    private static INDArray unitwise(SampleGradients rows) {
        INDArray full = BlockMath.secondMoment(IntStream.range(0, (int) rows.samples())
                .mapToObj(n -> Nd4j.vstack(
                        rows.gradients().stream().map(g -> g.getRow(n, true)).toArray(INDArray[]::new)))
                .toList());
        for (int i = 0; i < full.size(0); i++) {
            for (int j = 0; j < full.size(1); j++) {
                if (i % 5 != j % 5) {
                    full.putScalar(i, j, 0);
                }
            }
        }
        return full;
    }

    @Test
    void theBlockIsThatPartOfTheFisherMatrix() {
        for (int order = 1; order <= 3; order++) {
            SampleGradients rows = gradients(order, 1, 8, DataType.DOUBLE);
            TestBlock block = TestBlock.of(UnitwiseBlock.TYPE, shapeOf(order), rows);
            assertThat(error(block.block().toDense(), unitwise(rows))).isLessThan(1e-14);
        }
    }

    @Test
    void oneUnitWithTwoParametersIsTheWholeFisherMatrix() {
        INDArray scale = normal(1, 8, 1);
        INDArray shift = normal(2, 8, 1);
        TestBlock block = TestBlock.of(
                UnitwiseBlock.TYPE,
                BlockShape.of(ParameterKind.UNITWISE, 2, 1, false),
                new SampleGradients(List.of(scale, shift)));
        INDArray both = Nd4j.hstack(scale, shift);
        assertThat(error(block.block().toDense(), both.transpose().mmul(both).div(8)))
                .isLessThan(1e-14);
    }

    @Test
    void aDeadUnitAmongLiveOnesIsScaledByTheDampingAlone() {
        SampleGradients rows = gradients(2, 1, 8, DataType.DOUBLE);
        rows.gradients().forEach(g -> g.getColumn(3).assign(0));
        TestBlock block = TestBlock.of(UnitwiseBlock.TYPE, shapeOf(2), rows);
        block.block().refresh(0.25);
        INDArray v = normal(3, 2, 5);
        INDArray dead = block.precondition(v).getColumn(3);
        assertThat(error(dead, v.getColumn(3).mul(4))).isLessThan(1e-14);
    }

    /** Scale and shift whose gradients are proportional to one another: the 2 x 2 matrix is singular. */
    @Test
    void roundingOfASingularMatrixLeavesTheInversePositive() {
        INDArray g = normal(1, 50, 5).castTo(DataType.FLOAT).mul(1e3);
        TestBlock block = TestBlock.of(UnitwiseBlock.TYPE, shapeOf(2), 0, DataType.FLOAT);
        block.block().update(new SampleGradients(List.of(g, g.mul(-1 / 3.0))));
        for (double damping : new double[] {0, 1e-12, 1e-3}) {
            block.block().refresh(damping);
            for (int k = 0; k < 20; k++) {
                INDArray v = normal(k, 2, 5);
                INDArray product = block.precondition(v).castTo(DataType.DOUBLE).mul(v);
                for (int unit = 0; unit < 5; unit++) {
                    assertThat(product.getColumn(unit).sumNumber().doubleValue())
                            .isPositive();
                }
            }
        }
    }

    @Test
    void gradientsOfAnyLayoutWillDo() {
        SampleGradients rows = gradients(2, 1, 8, DataType.DOUBLE);
        INDArray large = Nd4j.zeros(DataType.DOUBLE, 16, 7);
        INDArray spread = large.get(NDArrayIndex.interval(0, 2, 16), NDArrayIndex.interval(1, 6));
        spread.assign(rows.gradients().get(1));
        SampleGradients same =
                new SampleGradients(List.of(rows.gradients().get(0).dup('f'), spread));
        assertThat(error(
                        TestBlock.of(UnitwiseBlock.TYPE, shapeOf(2), same)
                                .block()
                                .toDense(),
                        unitwise(rows)))
                .isLessThan(1e-14);
    }
}
