package io.github.dl4jkfac.curvature.diagonal;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.CurvatureBlockContract;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.diagonal.DiagonalAverage.Scaling;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import io.github.dl4jkfac.curvature.rows.TestInputs;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** AdaFisher's diagonal against its formulas, entry by entry in Java. */
class DiagonalKroneckerBlockTest {

    /** One batch alone: nothing is left of the 1 that averages begin from. */
    private static final SingleKind ONE_BATCH = DiagonalKroneckerBlock.type(new DiagonalAverage(0, 1, Scaling.BATCHES));

    private static final int TOKENS = 5;
    private static final int CHANNELS = 3;
    private static final int KERNEL = 4;

    private abstract static class Contract extends CurvatureBlockContract {

        /** The sums of the parts are scaled as one batch. */
        @Override
        protected boolean takesParts() {
            return true;
        }

        private final BlockShape shape;
        private final Scaling scaling;

        Contract(BlockShape shape, Scaling scaling) {
            this.shape = shape;
            this.scaling = scaling;
        }

        @Override
        protected SingleKind type() {
            return DiagonalKroneckerBlock.type(new DiagonalAverage(0.6, 0.4, scaling));
        }

        @Override
        protected BlockShape shape() {
            return shape;
        }

        @Override
        protected BatchRows batch(long seed, int samples, DataType type) {
            return rows(shape, seed, samples, type, null);
        }

        @Override
        protected BatchRows masked(int samples) {
            return shape.kind() == ParameterKind.UNITWISE
                    ? null
                    : rows(shape, 1, samples, DataType.DOUBLE, Nd4j.zeros(DataType.DOUBLE, 2 * samples, 1));
        }

        @Override
        protected BatchRows dead(int samples) {
            BatchRows rows = batch(1, samples, DataType.DOUBLE);
            if (rows instanceof SampleGradients own) {
                own.gradients().forEach(g -> g.assign(0));
            } else {
                (rows instanceof LookupRows own ? own.derivatives() : ((OuterProductRows) rows).derivatives())
                        .assign(0);
            }
            return rows;
        }

        @Override
        protected INDArray damped(TestBlock block, double damping) {
            INDArray diagonal = Nd4j.create(DataType.DOUBLE, shape.inputDimension(), shape.outputs());
            for (int i = 0; i < diagonal.size(0); i++) {
                for (int j = 0; j < diagonal.size(1); j++) {
                    diagonal.putScalar(i, j, entry(block, i, j));
                }
            }
            INDArray entries = vec(diagonal);
            return plusDiagonal(Nd4j.diag(entries.reshape(new long[] {entries.length()})), damping);
        }

        private double entry(TestBlock block, int i, int j) {
            if (shape.kind() == ParameterKind.UNITWISE) {
                return factor(block, "F" + i).getDouble(j);
            }
            int group = j * shape.groups() / shape.outputs();
            return factor(block, "H").getDouble(i, group) * factor(block, "S").getDouble(j);
        }

        private INDArray factor(TestBlock block, String name) {
            INDArray average = block.state().get(name);
            return scaling == Scaling.BATCHES ? average : scaled(average);
        }

        /** From 1, and scaled: not the plain mean of the batches. */
        @Override
        protected boolean averagesLinearly() {
            return false;
        }
    }

    @Nested
    class OfRows extends Contract {
        OfRows() {
            super(BlockShape.of(ParameterKind.RECURRENT, 4, 3, true), Scaling.BATCHES);
        }
    }

    @Nested
    class OfRowsWithScaledAverages extends Contract {
        OfRowsWithScaledAverages() {
            super(BlockShape.of(ParameterKind.CONVOLUTION, 4, 3, false), Scaling.AVERAGES);
        }
    }

    @Nested
    class OfAnOutputAlone extends Contract {
        OfAnOutputAlone() {
            super(BlockShape.of(ParameterKind.DENSE, 4, 1, true), Scaling.BATCHES);
        }
    }

    @Nested
    class OfChannels extends Contract {
        OfChannels() {
            super(depthwise(1, true), Scaling.BATCHES);
        }
    }

    @Nested
    class OfChannelsWithTwoOutputs extends Contract {
        OfChannelsWithTwoOutputs() {
            super(depthwise(2, false), Scaling.AVERAGES);
        }
    }

    @Nested
    class OfATable extends Contract {
        OfATable() {
            super(BlockShape.of(ParameterKind.EMBEDDING, TOKENS, 3, true), Scaling.BATCHES);
        }
    }

    @Nested
    class OfATableWithoutBias extends Contract {
        OfATableWithoutBias() {
            super(BlockShape.of(ParameterKind.EMBEDDING, TOKENS, 3, false), Scaling.AVERAGES);
        }
    }

    @Nested
    class OfSlopes extends Contract {
        OfSlopes() {
            super(BlockShape.of(ParameterKind.UNITWISE, 1, 5, false), Scaling.BATCHES);
        }
    }

    @Nested
    class OfScalesAndShifts extends Contract {
        OfScalesAndShifts() {
            super(BlockShape.of(ParameterKind.UNITWISE, 2, 5, false), Scaling.AVERAGES);
        }
    }

    private static BlockShape depthwise(int multiplier, boolean bias) {
        return new BlockShape(ParameterKind.DEPTHWISE, KERNEL, CHANNELS * multiplier, bias, KERNEL, CHANNELS);
    }

    /** Rows of any kind, two positions for each sample. */
    private static BatchRows rows(BlockShape shape, long seed, int samples, DataType type, INDArray weights) {
        int outputs = shape.outputs();
        if (shape.kind() == ParameterKind.UNITWISE) {
            return new SampleGradients(IntStream.range(0, shape.inputDimension())
                    .mapToObj(i -> normal(10 * seed + i, samples, outputs).castTo(type))
                    .toList());
        }
        int rows = 2 * samples;
        double active = weights == null ? rows : weights.sumNumber().doubleValue();
        INDArray derivatives = normal(100 + seed, rows, outputs).castTo(type);
        if (weights != null) {
            derivatives.muliColumnVector(weights);
        }
        if (shape.kind() == ParameterKind.EMBEDDING) {
            return new LookupRows(indices(seed, rows), derivatives, weights, active, samples);
        }
        INDArray inputs = normal(seed, rows, (long) shape.inputs() * shape.groups());
        return new OuterProductRows(InputSource.of(inputs.castTo(type)), derivatives, weights, active, samples);
    }

    /** The last token is never looked up. */
    private static int[] indices(long seed, int rows) {
        return new Random(seed).ints(rows, 0, TOKENS - 1).toArray();
    }

    /** (x - min) / (max - min + 1e-6). */
    private static INDArray scaled(INDArray factor) {
        if (factor.length() == 1) {
            return Nd4j.onesLike(factor);
        }
        double least = factor.minNumber().doubleValue();
        double most = factor.maxNumber().doubleValue();
        return factor.sub(least).div(most - least + 1e-6);
    }

    /** E[x^2] of each column, over rows of which some may be masked. */
    private static INDArray meanSquares(INDArray rows, INDArray weights) {
        INDArray means = Nd4j.create(DataType.DOUBLE, rows.size(1), 1);
        for (int j = 0; j < rows.size(1); j++) {
            double sum = 0;
            double count = 0;
            for (int n = 0; n < rows.size(0); n++) {
                double weight = weights == null ? 1 : weights.getDouble(n);
                sum += weight * rows.getDouble(n, j) * rows.getDouble(n, j);
                count += weight;
            }
            means.putScalar(j, 0, sum / count);
        }
        return means;
    }

    private static INDArray mask() {
        return Nd4j.createFromArray(1.0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1).reshape('c', 12, 1);
    }

    @ParameterizedTest
    @CsvSource({"true,true", "true,false", "false,true", "false,false"})
    void aBatchGivesItsScaledMeanSquares(boolean bias, boolean masked) {
        BlockShape shape = BlockShape.of(ParameterKind.RECURRENT, 4, 3, bias);
        INDArray weights = masked ? mask() : null;
        OuterProductRows rows = (OuterProductRows) rows(shape, 1, 6, DataType.DOUBLE, weights);
        TestBlock block = TestBlock.of(ONE_BATCH, shape, rows);
        INDArray a = TestInputs.matrixBehind(rows.inputs());
        INDArray h = scaled(meanSquares(bias ? homogeneous(a) : a, weights));
        INDArray s = scaled(meanSquares(rows.derivatives(), weights));
        assertThat(error(block.state().get("H"), h)).isLessThan(1e-14);
        assertThat(error(block.state().get("S"), s)).isLessThan(1e-14);

        block.block().refresh(1e-3);
        INDArray v = normal(3, shape.inputDimension(), 3);
        assertThat(error(block.precondition(v), v.div(h.mmul(s.transpose()).add(1e-3))))
                .isLessThan(1e-12);
    }

    /** The diagonals of what K-FAC keeps: A is the same mean, and G a sum over the positions, which scaling takes out. */
    @Test
    void theFactorsAreTheDiagonalsOfKFacs() {
        BlockShape shape = BlockShape.of(ParameterKind.CONVOLUTION, 4, 3, true);
        BatchRows rows = rows(shape, 1, 6, DataType.DOUBLE, null);
        TestBlock kfac = TestBlock.of(KroneckerBlock.TYPE, shape, rows);
        TestBlock block = TestBlock.of(ONE_BATCH, shape, rows);
        for (List<String> names : List.of(List.of("A", "H"), List.of("G", "S"))) {
            INDArray diagonal = Nd4j.diag(kfac.symmetric(names.get(0)));
            assertThat(error(block.state().get(names.get(1)), scaled(diagonal).reshape('c', diagonal.length(), 1)))
                    .isLessThan(1e-5);
        }
    }

    @Test
    void lookupsAreRowsOfOneHotInputs() {
        for (boolean bias : new boolean[] {false, true}) {
            BlockShape shape = BlockShape.of(ParameterKind.EMBEDDING, TOKENS, 3, bias);
            LookupRows rows = (LookupRows) rows(shape, 1, 6, DataType.DOUBLE, mask());
            INDArray oneHot = Nd4j.zeros(DataType.DOUBLE, 12, TOKENS);
            for (int n = 0; n < 12; n++) {
                oneHot.putScalar(n, rows.indices()[n], 1);
            }
            OuterProductRows dense = new OuterProductRows(
                    InputSource.of(oneHot), rows.derivatives(), mask(), rows.active(), rows.samples());
            assertThat(error(
                            TestBlock.of(ONE_BATCH, shape, rows).view(),
                            TestBlock.of(ONE_BATCH, BlockShape.of(ParameterKind.DENSE, TOKENS, 3, bias), dense)
                                    .view()))
                    .isLessThan(1e-14);
        }
    }

    /** All channels are scaled together, as the channels of any convolution are. */
    @ParameterizedTest
    @CsvSource({"1,true", "2,true", "3,false"})
    void everyChannelHasItsOwnInputs(int multiplier, boolean bias) {
        BlockShape shape = depthwise(multiplier, bias);
        OuterProductRows rows = (OuterProductRows) rows(shape, 1, 6, DataType.DOUBLE, mask());
        TestBlock block = TestBlock.of(ONE_BATCH, shape, rows);
        INDArray squares = meanSquares(TestInputs.matrixBehind(rows.inputs()), mask());
        INDArray h = Nd4j.ones(DataType.DOUBLE, shape.inputDimension(), CHANNELS);
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int i = 0; i < KERNEL; i++) {
                h.putScalar(i, channel, squares.getDouble(channel * KERNEL + i));
            }
        }
        h = scaled(h);
        INDArray s = scaled(meanSquares(rows.derivatives(), mask()));
        block.block().refresh(0.1);
        INDArray v = normal(3, shape.inputDimension(), shape.outputs());
        INDArray actual = block.precondition(v);
        for (int i = 0; i < v.size(0); i++) {
            for (int j = 0; j < v.size(1); j++) {
                double entry = h.getDouble(i, j / multiplier) * s.getDouble(j) + 0.1;
                assertThat(actual.getDouble(i, j)).isCloseTo(v.getDouble(i, j) / entry, within(1e-12));
            }
        }
    }

    @Test
    void scalesAndShiftsHaveTheirMeanSquaredGradients() {
        BlockShape shape = BlockShape.of(ParameterKind.UNITWISE, 2, 5, false);
        SampleGradients rows = (SampleGradients) rows(shape, 1, 8, DataType.DOUBLE, null);
        rows.gradients().get(0).muli(100);
        TestBlock block = TestBlock.of(ONE_BATCH, shape, rows);
        block.block().refresh(0.1);
        INDArray v = normal(3, 2, 5);
        INDArray actual = block.precondition(v);
        for (int i = 0; i < 2; i++) {
            INDArray f = scaled(meanSquares(rows.gradients().get(i), null));
            for (int j = 0; j < 5; j++) {
                assertThat(actual.getDouble(i, j)).isCloseTo(v.getDouble(i, j) / (f.getDouble(j) + 0.1), within(1e-12));
            }
        }
    }

    /** One entry says nothing about its range: it is 1, and the other factor decides. */
    @Test
    void aBiasAloneHasTheDerivativesAlone() {
        BlockShape shape = BlockShape.of(ParameterKind.DENSE, 0, 3, true);
        BatchRows rows = rows(BlockShape.of(ParameterKind.DENSE, 4, 3, true), 1, 6, DataType.DOUBLE, null)
                .biasOnly();
        TestBlock block = TestBlock.of(ONE_BATCH, shape, rows);
        INDArray s = scaled(meanSquares(((OuterProductRows) rows).derivatives(), null));
        block.block().refresh(0.1);
        INDArray v = normal(3, 1, 3);
        assertThat(error(block.precondition(v), v.div(s.transpose().add(0.1)))).isLessThan(1e-12);
    }

    @ParameterizedTest
    @EnumSource(Scaling.class)
    void averagesAreMeansUntilTheyForget(Scaling scaling) {
        BlockShape shape = BlockShape.of(ParameterKind.DENSE, 4, 3, true);
        SingleKind type = DiagonalKroneckerBlock.type(new DiagonalAverage(0.8, 0.2, scaling));
        TestBlock block = TestBlock.of(type, shape, 0.95, DataType.DOUBLE);
        INDArray h = Nd4j.ones(DataType.DOUBLE, 5, 1);
        INDArray s = Nd4j.ones(DataType.DOUBLE, 3, 1);
        for (int k = 1; k <= 7; k++) {
            double keep = Math.min(0.8, (k - 1.0) / k);
            OuterProductRows rows = (OuterProductRows) rows(shape, k, 6, DataType.DOUBLE, null);
            block.block().update(rows);
            h.muli(keep)
                    .addi(ofBatch(homogeneous(TestInputs.matrixBehind(rows.inputs())), scaling)
                            .mul(1 - keep));
            s.muli(keep).addi(ofBatch(rows.derivatives(), scaling).mul(1 - keep));
            assertThat(error(block.state().get("H"), h)).isLessThan(1e-13);
            assertThat(error(block.state().get("S"), s)).isLessThan(1e-13);
        }
        block.block().refresh(0.1);
        INDArray inputs = scaling == Scaling.BATCHES ? h : scaled(h);
        INDArray outputs = scaling == Scaling.BATCHES ? s : scaled(s);
        INDArray v = normal(3, 5, 3);
        assertThat(error(
                        block.precondition(v),
                        v.div(inputs.mmul(outputs.transpose()).add(0.1))))
                .isLessThan(1e-12);
    }

    private static INDArray ofBatch(INDArray rows, Scaling scaling) {
        INDArray means = meanSquares(rows, null);
        return scaling == Scaling.BATCHES ? scaled(means) : means;
    }

    /** The published constants do not sum to 1: what remains of F, at most 7.6e-5, is lost beside a damping of 1e-3. */
    @Test
    void thePublishedConstantsLeaveTheDampingAlone() {
        BlockShape shape = BlockShape.of(ParameterKind.DENSE, 4, 3, true);
        BatchRows rows = rows(shape, 1, 6, DataType.DOUBLE, null);
        TestBlock block = TestBlock.of(
                DiagonalKroneckerBlock.type(new DiagonalAverage(0.08, 0.008, Scaling.BATCHES)),
                shape,
                0,
                DataType.DOUBLE);
        for (int k = 0; k < 20; k++) {
            block.block().update(rows);
        }
        assertThat(block.state().get("H").maxNumber().doubleValue()).isCloseTo(0.008 / 0.92, within(1e-7));
        block.block().refresh(1e-3);
        INDArray v = normal(3, 5, 3);
        assertThat(error(block.precondition(v), v.mul(1e3))).isBetween(1e-3, 0.08);
    }

    /** The scale of the derivatives, and so that of the loss, is taken out. */
    @Test
    void aLossOfAnotherScaleHasTheSameBlock() {
        BlockShape shape = BlockShape.of(ParameterKind.DENSE, 4, 3, true);
        OuterProductRows rows = (OuterProductRows) rows(shape, 1, 6, DataType.DOUBLE, null);
        OuterProductRows larger =
                OuterProductRows.of(rows.inputs(), rows.derivatives().mul(1000), 6);
        assertThat(error(
                        TestBlock.of(ONE_BATCH, shape, larger).view(),
                        TestBlock.of(ONE_BATCH, shape, rows).view()))
                .isLessThan(1e-5);
    }

    @Test
    void nothingAsLargeAsTheParametersIsKept() {
        for (BlockShape shape : List.of(
                BlockShape.of(ParameterKind.DENSE, 4000, 3000, true),
                BlockShape.of(ParameterKind.EMBEDDING, 50_000, 64, false))) {
            assertThat(ONE_BATCH.layout(shape).curvatureSize())
                    .isEqualTo(2L * (shape.inputDimension() + shape.outputs()) + 1);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1, Double.NaN})
    void weightsThatMakeNoAverageAreRefused(double keep) {
        assertThatThrownBy(() -> new DiagonalAverage(keep, 0.1, Scaling.BATCHES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(String.valueOf(keep));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, 1.5, Double.NaN})
    void aNewBatchHasAWeight(double add) {
        assertThatThrownBy(() -> new DiagonalAverage(0.8, add, Scaling.BATCHES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(String.valueOf(add));
    }
}
