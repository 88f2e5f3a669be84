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
import io.github.dl4jkfac.curvature.rows.PatchAxis;
import io.github.dl4jkfac.curvature.rows.PatchInputs;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class SpatiallyUncorrelatedBlockTest {

    private static final int CHANNELS = 2;
    private static final int WINDOW = 3;
    private static final int INPUTS = CHANNELS * WINDOW;

    private abstract static class Contract extends CurvatureBlockContract {

        private final boolean bias;

        Contract(boolean bias) {
            this.bias = bias;
        }

        @Override
        protected SingleKind type() {
            return SpatiallyUncorrelatedBlock.TYPE;
        }

        @Override
        protected BlockShape shape() {
            return shapeOf(bias);
        }

        @Override
        protected BatchRows batch(long seed, int samples, DataType type) {
            return OuterProductRows.of(
                    InputSource.of(normal(seed, 2 * samples, INPUTS).add(0.5).castTo(type)),
                    normal(100 + seed, 2 * samples, 2).castTo(type),
                    samples);
        }

        @Override
        protected BatchRows masked(int samples) {
            return new OuterProductRows(
                    InputSource.of(normal(1, samples, INPUTS)),
                    Nd4j.zeros(DataType.DOUBLE, samples, 2),
                    Nd4j.zeros(DataType.DOUBLE, samples, 1),
                    0,
                    samples);
        }

        @Override
        protected BatchRows dead(int samples) {
            return OuterProductRows.of(
                    InputSource.of(normal(1, samples, INPUTS)), Nd4j.zeros(DataType.DOUBLE, samples, 2), samples);
        }

        @Override
        protected INDArray damped(TestBlock block, double damping) {
            return BlockMath.dampedProduct(inputFactor(block.symmetric("moment"), bias), block.symmetric("G"), damping);
        }
    }

    @Nested
    class WithBias extends Contract {
        WithBias() {
            super(true);
        }
    }

    @Nested
    class WithoutBias extends Contract {
        WithoutBias() {
            super(false);
        }
    }

    private static BlockShape shapeOf(boolean bias) {
        return new BlockShape(ParameterKind.CONVOLUTION, INPUTS, 2, bias, WINDOW, 1);
    }

    /** S x I + q^T q from E[[pixel, 1]^T [pixel, 1]]. */
    private static INDArray inputFactor(INDArray moment, boolean bias) {
        INDArray pixels = Nd4j.create(DataType.DOUBLE, CHANNELS, CHANNELS);
        INDArray mean = Nd4j.create(DataType.DOUBLE, 1, CHANNELS);
        for (int i = 0; i < CHANNELS; i++) {
            mean.putScalar(0, i, moment.getDouble(CHANNELS, i));
            for (int j = 0; j < CHANNELS; j++) {
                pixels.putScalar(i, j, moment.getDouble(i, j));
            }
        }
        INDArray covariance = pixels.sub(mean.transpose().mmul(mean));
        INDArray weights = BlockMath.kron(covariance, Nd4j.eye(WINDOW));
        INDArray q = BlockMath.kron(mean, Nd4j.ones(DataType.DOUBLE, 1, WINDOW));
        if (bias) {
            INDArray column = Nd4j.zeros(DataType.DOUBLE, INPUTS, 1);
            weights = Nd4j.vstack(Nd4j.hstack(weights, column), Nd4j.zeros(DataType.DOUBLE, 1, INPUTS + 1));
            q = homogeneous(q);
        }
        return weights.add(q.transpose().mmul(q));
    }

    /** All triples of four pixels: pixels of a patch are independent of each other. */
    private static INDArray independentPixels() {
        INDArray pixels = normal(1, 4, CHANNELS).add(0.5);
        INDArray patches = Nd4j.create(DataType.DOUBLE, 64, INPUTS);
        for (int row = 0; row < 64; row++) {
            for (int i = 0; i < INPUTS; i++) {
                int pixel = (row >> (2 * (i % WINDOW))) % 4;
                patches.putScalar(row, i, pixels.getDouble(pixel, i / WINDOW));
            }
        }
        return patches;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theBlockIsTheKroneckerBlockWherePixelsAreUncorrelated(boolean bias) {
        OuterProductRows rows = OuterProductRows.of(InputSource.of(independentPixels()), normal(2, 64, 2), 64);
        TestBlock exact = TestBlock.of(KroneckerBlock.TYPE, shapeOf(bias), rows);
        TestBlock block = TestBlock.of(SpatiallyUncorrelatedBlock.TYPE, shapeOf(bias), rows);
        assertThat(error(block.block().toDense(), exact.block().toDense())).isLessThan(1e-13);
        INDArray v = normal(3, shapeOf(bias).inputDimension(), 2);
        for (double damping : new double[] {0, 1e-3, 1}) {
            exact.block().refresh(damping);
            block.block().refresh(damping);
            assertThat(error(block.precondition(v), exact.precondition(v)))
                    .as("damping %g", damping)
                    .isLessThan(1e-10);
        }
    }

    @Test
    void correlatedPixelsAreAnApproximationWithTheSameVariances() {
        INDArray patches = normal(1, 64, INPUTS).mmul(normal(2, INPUTS, INPUTS));
        OuterProductRows rows = OuterProductRows.of(InputSource.of(patches), normal(3, 64, 2), 64);
        INDArray exact =
                TestBlock.of(KroneckerBlock.TYPE, shapeOf(true), rows).block().toDense();
        INDArray block = TestBlock.of(SpatiallyUncorrelatedBlock.TYPE, shapeOf(true), rows)
                .block()
                .toDense();
        assertThat(error(block, exact)).isBetween(0.05, 1.0);
        assertThat(Nd4j.diag(block).sumNumber().doubleValue()
                        / Nd4j.diag(exact).sumNumber().doubleValue())
                .isBetween(1 - 1e-12, 1 + 1e-12);
    }

    @Test
    void momentsArePixelsOfTheInputWhereItIsKnown() {
        INDArray input = normal(1, 2, CHANNELS, 5);
        PatchAxis axis = PatchAxis.convolution(WINDOW, 1, 1, 1, 5);
        PatchInputs patches = new PatchInputs(input, List.of(axis), PatchInputs.Order.CHANNEL_MAJOR, true);
        TestBlock block = TestBlock.of(
                SpatiallyUncorrelatedBlock.TYPE, shapeOf(true), OuterProductRows.of(patches, normal(2, 10, 2), 2));
        INDArray pixels = homogeneous(input.permute(0, 2, 1).dup('c').reshape('c', 10, CHANNELS));
        assertThat(error(block.symmetric("moment"), meanProduct(pixels, pixels)))
                .isLessThan(1e-14);
    }

    @Test
    void excludedPatchesDoNotCount() {
        INDArray weights = Nd4j.createFromArray(1.0, 0, 1, 1).reshape('c', 4, 1);
        INDArray patches = normal(1, 4, INPUTS);
        INDArray g = normal(2, 4, 2).muliColumnVector(weights);
        TestBlock block = TestBlock.of(
                SpatiallyUncorrelatedBlock.TYPE,
                shapeOf(true),
                new OuterProductRows(InputSource.of(patches), g, weights, 3, 4));
        INDArray kept = Nd4j.vstack(patches.getRow(0, true), patches.getRow(2, true), patches.getRow(3, true));
        TestBlock alone = TestBlock.of(
                SpatiallyUncorrelatedBlock.TYPE,
                shapeOf(true),
                OuterProductRows.of(InputSource.of(kept), normal(3, 3, 2), 3));
        assertThat(error(block.symmetric("moment"), alone.symmetric("moment"))).isLessThan(1e-14);
    }
}
