package io.github.dl4jkfac.curvature.kronecker;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
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
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** All channels at once against one Kronecker block for each channel. */
class DepthwiseBlockTest {

    private static final int CHANNELS = 3;
    private static final int KERNEL = 4;

    private abstract static class Contract extends CurvatureBlockContract {

        private final int multiplier;
        private final boolean bias;

        Contract(int multiplier, boolean bias) {
            this.multiplier = multiplier;
            this.bias = bias;
        }

        @Override
        protected SingleKind type() {
            return DepthwiseBlock.TYPE;
        }

        @Override
        protected BlockShape shape() {
            return shapeOf(multiplier, bias);
        }

        @Override
        protected BatchRows batch(long seed, int samples, DataType type) {
            return depthwise(
                    normal(seed, 2 * samples, CHANNELS * KERNEL).castTo(type),
                    normal(100 + seed, 2 * samples, CHANNELS * multiplier).castTo(type),
                    samples);
        }

        @Override
        protected BatchRows masked(int samples) {
            return new OuterProductRows(
                    InputSource.of(normal(1, samples, CHANNELS * KERNEL)),
                    Nd4j.zeros(DataType.DOUBLE, samples, CHANNELS * multiplier),
                    Nd4j.zeros(DataType.DOUBLE, samples, 1),
                    0,
                    samples);
        }

        @Override
        protected BatchRows dead(int samples) {
            return depthwise(
                    normal(1, samples, CHANNELS * KERNEL),
                    Nd4j.zeros(DataType.DOUBLE, samples, CHANNELS * multiplier),
                    samples);
        }

        @Override
        protected INDArray damped(TestBlock block, double damping) {
            INDArray all = Nd4j.zeros(DataType.DOUBLE, shape().parameters(), shape().parameters());
            for (int channel = 0; channel < CHANNELS; channel++) {
                INDArray a = factor(block, "A", channel, shape().inputDimension());
                INDArray g = factor(block, "G", channel, multiplier);
                put(all, channel, multiplier, BlockMath.dampedProduct(a, g, damping));
            }
            return all;
        }

        private static INDArray factor(TestBlock block, String name, int channel, int order) {
            return Nd4j.createFromArray(new UnitMatrices(block.state().get(name), order).matrix(channel));
        }
    }

    @Nested
    class OfOneOutputPerChannel extends Contract {
        OfOneOutputPerChannel() {
            super(1, true);
        }
    }

    @Nested
    class OfTwoOutputsPerChannel extends Contract {
        OfTwoOutputsPerChannel() {
            super(2, true);
        }
    }

    @Nested
    class WithoutBias extends Contract {
        WithoutBias() {
            super(2, false);
        }
    }

    private static BlockShape shapeOf(int multiplier, boolean bias) {
        return new BlockShape(ParameterKind.DEPTHWISE, KERNEL, CHANNELS * multiplier, bias, KERNEL, CHANNELS);
    }

    private static OuterProductRows depthwise(INDArray inputs, INDArray derivatives, int samples) {
        return OuterProductRows.of(InputSource.of(inputs), derivatives, samples);
    }

    /** Writes one channel's matrix over [dA, multiplier] into that over [dA, C multiplier]. */
    private static void put(INDArray all, int channel, int multiplier, INDArray part) {
        for (int i = 0; i < part.size(0); i++) {
            for (int j = 0; j < part.size(1); j++) {
                all.putScalar(at(i, channel, multiplier), at(j, channel, multiplier), part.getDouble(i, j));
            }
        }
    }

    private static long at(int i, int channel, int multiplier) {
        return i / multiplier * CHANNELS * multiplier + channel * multiplier + i % multiplier;
    }

    private static INDArray columns(INDArray matrix, int group, int width) {
        return matrix.get(NDArrayIndex.all(), NDArrayIndex.interval(group * width, (group + 1) * width))
                .dup('f');
    }

    @ParameterizedTest
    @CsvSource({"1,true", "2,true", "3,false"})
    void everyChannelIsAKroneckerBlock(int multiplier, boolean bias) {
        INDArray weights = Nd4j.createFromArray(1.0, 0, 1, 1, 0, 1, 1, 1).reshape('c', 8, 1);
        INDArray x = normal(1, 8, CHANNELS * KERNEL);
        INDArray g = normal(2, 8, CHANNELS * multiplier).muliColumnVector(weights);
        BlockShape shape = shapeOf(multiplier, bias);
        TestBlock block =
                TestBlock.of(DepthwiseBlock.TYPE, shape, new OuterProductRows(InputSource.of(x), g, weights, 6, 4));
        block.block().refresh(0.1);
        INDArray dense = block.block().toDense();
        INDArray v = normal(3, shape.inputDimension(), shape.outputs());
        INDArray actual = block.precondition(v);
        INDArray expected = Nd4j.zerosLike(dense);
        for (int channel = 0; channel < CHANNELS; channel++) {
            OuterProductRows rows = new OuterProductRows(
                    InputSource.of(columns(x, channel, KERNEL)), columns(g, channel, multiplier), weights, 6, 4);
            TestBlock single = TestBlock.of(
                    KroneckerBlock.TYPE, BlockShape.of(ParameterKind.CONVOLUTION, KERNEL, multiplier, bias), rows);
            single.block().refresh(0.1);
            put(expected, channel, multiplier, single.block().toDense());
            assertThat(error(
                            columns(actual, channel, multiplier), single.precondition(columns(v, channel, multiplier))))
                    .isLessThan(1e-11);
        }
        assertThat(error(dense, expected)).isLessThan(1e-14);
    }

    /** One sample with one position: exact but for the products of different channels. */
    @Test
    void oneSampleIsExactChannelByChannel() {
        INDArray x = normal(1, 1, CHANNELS * KERNEL);
        INDArray g = normal(2, 1, CHANNELS * 2);
        TestBlock block = TestBlock.of(DepthwiseBlock.TYPE, shapeOf(2, true), depthwise(x, g, 1));
        INDArray expected = Nd4j.zerosLike(block.block().toDense());
        for (int channel = 0; channel < CHANNELS; channel++) {
            INDArray gradient =
                    homogeneous(columns(x, channel, KERNEL)).transpose().mmul(columns(g, channel, 2));
            put(expected, channel, 2, BlockMath.secondMoment(List.of(gradient)));
        }
        assertThat(error(block.block().toDense(), expected)).isLessThan(1e-14);
    }

    @Test
    void manyChannelsAndOneChannelDoAsWell() {
        for (int channels : new int[] {1, 200}) {
            BlockShape shape = new BlockShape(ParameterKind.DEPTHWISE, KERNEL, channels, true, KERNEL, channels);
            TestBlock block = TestBlock.of(
                    DepthwiseBlock.TYPE, shape, depthwise(normal(1, 9, channels * KERNEL), normal(2, 9, channels), 3));
            block.block().refresh(0.1);
            INDArray v = normal(3, KERNEL + 1, channels);
            assertThat(block.precondition(v).mul(v).sumNumber().doubleValue()).isPositive();
        }
    }
}
