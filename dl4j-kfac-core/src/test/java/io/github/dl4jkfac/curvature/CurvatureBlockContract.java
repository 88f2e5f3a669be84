package io.github.dl4jkfac.curvature;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.PiecewiseInputs;
import io.github.dl4jkfac.curvature.rows.RepeatedInputs;
import io.github.dl4jkfac.curvature.rows.TestInputs;
import io.github.dl4jkfac.state.Slice;
import io.github.dl4jkfac.testing.LogCapture;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What every {@link CurvatureBlock} must do. */
public abstract class CurvatureBlockContract {

    private static final double DAMPING = 0.05;

    protected abstract SingleKind type();

    protected abstract BlockShape shape();

    /** One batch, the same for the same seed. */
    protected abstract BatchRows batch(long seed, int samples, DataType type);

    /** A batch all of whose rows are masked, or null where there are no masks. */
    protected abstract BatchRows masked(int samples);

    /** One batch whose derivatives are all zero. */
    protected abstract BatchRows dead(int samples);

    /** The matrix over the row-major vector of [dA,dG] that preconditioning inverts, made from the block's statistics. */
    protected abstract INDArray damped(TestBlock block, double damping);

    /** Whether the statistics are means over the batches, entry by entry. */
    protected boolean averagesLinearly() {
        return true;
    }

    /** Whether a batch may come in parts. */
    protected boolean takesParts() {
        return averagesLinearly();
    }

    /** Whether a part of the inverse follows every batch, without a refresh. */
    protected boolean followsStatisticsAtOnce() {
        return false;
    }

    private TestBlock empty(double decay) {
        return TestBlock.of(type(), shape(), decay, DataType.DOUBLE);
    }

    /** A block of two batches, refreshed after each. */
    private TestBlock filled(DataType dataType) {
        TestBlock block = TestBlock.of(type(), shape(), 0.75, dataType);
        block.block().update(batch(1, 12, dataType));
        block.block().refresh(DAMPING);
        block.block().update(batch(2, 7, dataType));
        block.block().refresh(DAMPING);
        return block;
    }

    private INDArray gradient(long seed) {
        return normal(seed, shape().inputDimension(), shape().outputs());
    }

    private List<String> statistics() {
        return type().slices(shape()).stream()
                .filter(Slice::isStatistic)
                .map(Slice::name)
                .toList();
    }

    /** The middle part is masked out, where there are masks: its samples count all the same. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBatchInPartsIsTheWholeBatch(boolean masked) {
        assumeThat(takesParts()).isTrue();
        BatchRows rows = batch(5, 9, DataType.DOUBLE);
        BatchRows batch = masked ? Shards.withoutRowsOf(rows, 4, 2) : rows;
        TestBlock whole = filled(DataType.DOUBLE);
        TestBlock parts = whole.copy();
        INDArray before = parts.view().dup();
        List<BlockSums> sums = Shards.of(batch, 4, 2, 3).stream()
                .map(part -> parts.block().sums(part))
                .toList();
        assertThat(parts.view()).as("statistics stay as they are").isEqualTo(before);
        whole.block().update(batch);
        parts.block().fold(sums.stream().reduce(BlockSums::plus).orElseThrow());
        assertThat(error(parts.view(), whole.view())).isLessThan(1e-12);
        assertThat(parts.state().statistics()).isEqualTo(3);
        whole.block().refresh(DAMPING);
        parts.block().refresh(DAMPING);
        assertThat(error(parts.precondition(gradient(3)), whole.precondition(gradient(3))))
                .isLessThan(1e-9);
    }

    /** Of symmetric matrices the lower triangle. */
    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE"})
    void sumsTravelBitForBit(DataType type) {
        assumeThat(takesParts()).isTrue();
        TestBlock block = filled(type);
        BlockSums sums = block.block().sums(batch(5, 9, type));
        BlockSums arrived = overTheWire(sums);
        assertThat(arrived.kind()).isEqualTo(sums.kind());
        assertThat(arrived.counts()).isEqualTo(sums.counts());
        for (Slice slice : block.state().slices()) {
            if (slice.isStatistic()) {
                INDArray here = sums.mean(slice);
                INDArray there = arrived.mean(slice);
                assertThat(there.dataType()).isEqualTo(type);
                for (int row = 0; row < slice.rows(); row++) {
                    for (int column = 0; column < (slice.symmetric() ? row + 1 : slice.columns()); column++) {
                        assertThat(there.getDouble(row, column)).isEqualTo(here.getDouble(row, column));
                    }
                }
            }
        }
    }

    private static BlockSums overTheWire(BlockSums sums) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            sums.write(new DataOutputStream(bytes));
            return BlockSums.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aBatchWhosePartsAreAllMaskedIsNoStatistic() {
        assumeThat(takesParts() && masked(5) != null).isTrue();
        TestBlock block = filled(DataType.DOUBLE);
        INDArray before = block.view().dup();
        block.block().fold(block.block().sums(masked(5)).plus(block.block().sums(masked(2))));
        assertThat(block.view()).isEqualTo(before);
    }

    @Test
    void sumsOfOtherBlocksAreRefused() {
        assumeThat(takesParts()).isTrue();
        TestBlock block = filled(DataType.DOUBLE);
        INDArray before = block.view().dup();
        BlockSums own = block.block().sums(batch(5, 4, DataType.DOUBLE));
        TestBlock other = TestBlock.of(
                KroneckerBlock.TYPE, BlockShape.of(ParameterKind.DENSE, 11, 7, true), 0.5, DataType.DOUBLE);
        BlockSums foreign =
                other.block().sums(OuterProductRows.of(InputSource.of(normal(1, 5, 11)), normal(2, 5, 7), 5));
        assertThatThrownBy(() -> block.block().fold(foreign))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("do not fit")
                .hasMessageContaining(own.kind());
        assertThatThrownBy(() -> own.plus(foreign)).hasMessageContaining("do not fit");
        assertThat(block.view()).isEqualTo(before);
    }

    @Test
    void blocksThatTakeNoPartsSaySo() {
        assumeThat(takesParts()).isFalse();
        assertThatThrownBy(() -> filled(DataType.DOUBLE).block().sums(batch(5, 4, DataType.DOUBLE)))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining(type().name());
    }

    /** What is computed may wait: until it is committed the old inverse is in force, and every bit of the state stays. */
    @Test
    void aRefreshIsInForceOnceItIsCommitted() throws InterruptedException {
        TestBlock block = filled(DataType.DOUBLE);
        TestBlock atOnce = block.copy();
        INDArray before = block.view().dup();
        INDArray old = block.precondition(gradient(3));
        Refresh refresh = block.block().stage(0.7);
        Thread thread = new Thread(refresh::compute);
        thread.start();
        thread.join();
        assertThat(block.view()).as("nothing written yet").isEqualTo(before);
        assertThat(block.precondition(gradient(3))).isEqualTo(old);
        long version = block.state().refreshes();
        assertThat(refresh.commit()).isTrue();
        assertThat(block.state().refreshes()).isEqualTo(version + 1);
        atOnce.block().refresh(0.7);
        assertThat(block.view()).isEqualTo(atOnce.view());
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-4, 0.05, 1, 100})
    void preconditioningInvertsTheDampedMatrix(double damping) {
        TestBlock block = filled(DataType.DOUBLE);
        block.block().refresh(damping);
        assertThat(error(block.operator(), inverse(damped(block, damping)))).isLessThan(1e-9);
    }

    @Test
    void theDampedMatrixIsTheBlockPlusLambda() {
        TestBlock block = filled(DataType.DOUBLE);
        INDArray dense = block.block().toDense();
        assertThat(error(damped(block, 1e-24), dense)).isLessThan(1e-6);
        double lambda = 1e12;
        block.block().refresh(lambda);
        assertThat(error(block.precondition(gradient(3)).mul(lambda), gradient(3)))
                .isLessThan(1e-3);
    }

    /** What the caller relies on: a batch whose magnitude fits leaves nothing behind that is not finite, whatever the averages are. */
    @ParameterizedTest
    @ValueSource(strings = {"FLOAT", "DOUBLE"})
    void onlyBatchesThatDoNotFitOverflow(DataType dataType) {
        int refused = 0;
        int highest = dataType == DataType.FLOAT ? 38 : 306;
        for (int step = 0; step <= 12; step++) {
            for (boolean ofInputs : new boolean[] {false, true}) {
                BatchRows rows = batch(5, 9, dataType);
                scale(rows, ofInputs, Math.pow(10, highest * step / 12));
                if (!rows.magnitude().fits(dataType)) {
                    refused++;
                    continue;
                }
                TestBlock block = filled(dataType);
                block.block().update(rows);
                assertThat(Finite.isFinite(block.view())).isTrue();
                block.block().update(batch(6, 9, dataType));
                assertThat(Finite.isFinite(block.view())).isTrue();
            }
        }
        assertThat(refused).isBetween(2, 24);
    }

    private static void scale(BatchRows rows, boolean inputs, double factor) {
        if (!inputs) {
            rows.derivativeMatrices().forEach(matrix -> matrix.muli(factor));
        } else if (rows instanceof OuterProductRows outer && TestInputs.matrixBehind(outer.inputs()) != null) {
            TestInputs.matrixBehind(outer.inputs()).muli(factor);
        } else if (rows instanceof OuterProductRows outer && outer.inputs() instanceof RepeatedInputs repeated) {
            repeated.base().forEachChunk((first, chunk) -> chunk.muli(factor));
        }
    }

    @Test
    void theBlockIsSymmetricAndPositiveSemidefinite() {
        INDArray dense = filled(DataType.DOUBLE).block().toDense();
        assertThat(dense.shape()).containsExactly(shape().parameters(), shape().parameters());
        assertThat(error(dense.transpose(), dense)).isLessThan(1e-14);
        for (int k = 0; k < 20; k++) {
            INDArray v = normal(100 + k, shape().parameters(), 1);
            assertThat(inner(v, dense.mmul(v))).isGreaterThanOrEqualTo(-1e-12);
        }
    }

    @Test
    void preconditioningIsLinearSymmetricAndPositive() {
        TestBlock block = filled(DataType.DOUBLE);
        INDArray before = block.view().dup();
        INDArray v = gradient(3);
        INDArray w = gradient(4);
        INDArray ofV = block.precondition(v);
        INDArray ofW = block.precondition(w);
        assertThat(error(block.precondition(v.mul(2).sub(w.mul(3))), ofV.mul(2).sub(ofW.mul(3))))
                .isLessThan(1e-11);
        assertThat(Math.abs(inner(ofV, w) - inner(ofW, v)))
                .isLessThan(1e-10 * ofV.norm2Number().doubleValue());
        for (int k = 0; k < 20; k++) {
            assertThat(inner(block.precondition(gradient(100 + k)), gradient(100 + k)))
                    .isPositive();
        }
        assertThat(block.view()).as("state unchanged").isEqualTo(before);
    }

    @Test
    void viewsOfLargerMatricesDoAsWell() {
        TestBlock block = filled(DataType.DOUBLE);
        INDArray expected = block.precondition(gradient(3));
        INDArray v = view();
        v.assign(gradient(3));
        INDArray large = Nd4j.create(DataType.DOUBLE, new long[] {expected.size(0) + 3, expected.size(1) + 2}, 'f');
        INDArray out = part(large, expected);
        block.block().precondition(v, view(), out);
        assertThat(error(out, expected)).isLessThan(1e-12);
        assertThat(v).as("gradient unchanged").isEqualTo(gradient(3));
        out.assign(0);
        assertThat(large.norm1Number().doubleValue())
                .as("nothing written beside it")
                .isZero();
    }

    private INDArray view() {
        INDArray like = gradient(0);
        return part(Nd4j.create(DataType.DOUBLE, new long[] {like.size(0) + 3, like.size(1) + 2}, 'f'), like);
    }

    private static INDArray part(INDArray large, INDArray like) {
        return large.get(NDArrayIndex.interval(1, 1 + like.size(0)), NDArrayIndex.interval(2, 2 + like.size(1)));
    }

    @Test
    void allThatLastsIsInTheState() {
        TestBlock block = filled(DataType.FLOAT);
        TestBlock copy = block.copy();
        assertThat(copy.block().isReady()).isTrue();
        assertThat(copy.precondition(gradient(3))).isEqualTo(block.precondition(gradient(3)));
        for (TestBlock each : List.of(block, copy)) {
            each.block().update(batch(5, 9, DataType.FLOAT));
        }
        assertThat(copy.precondition(gradient(3))).isEqualTo(block.precondition(gradient(3)));
        for (TestBlock each : List.of(block, copy)) {
            each.block().refresh(0.3);
        }
        assertThat(copy.view()).isEqualTo(block.view());
        assertThat(copy.precondition(gradient(3))).isEqualTo(block.precondition(gradient(3)));
    }

    @Test
    void statisticsAloneDoNotMoveTheInverse() {
        assumeThat(followsStatisticsAtOnce()).isFalse();
        TestBlock block = filled(DataType.DOUBLE);
        INDArray before = block.precondition(gradient(3));
        block.block().update(batch(5, 9, DataType.DOUBLE));
        assertThat(block.precondition(gradient(3))).isEqualTo(before);
        block.block().refresh(DAMPING);
        assertThat(error(block.precondition(gradient(3)), before)).isGreaterThan(1e-3);
        INDArray after = block.precondition(gradient(3));
        block.block().refresh(DAMPING);
        assertThat(block.precondition(gradient(3))).isEqualTo(after);
    }

    @Test
    void aBlockIsReadyOnceItHasStatisticsAndAnInverse() {
        TestBlock block = empty(0.95);
        assertThat(block.block().isReady()).isFalse();
        block.block().refresh(DAMPING);
        assertThat(block.block().isReady()).isFalse();
        block.block().update(batch(1, 5, DataType.DOUBLE));
        assertThat(block.block().isReady()).isFalse();
        block.block().refresh(DAMPING);
        assertThat(block.block().isReady()).isTrue();
    }

    @Test
    void aWhollyMaskedBatchIsNoStatistic() {
        assumeThat(masked(5)).as("there are masks").isNotNull();
        TestBlock none = empty(0.95);
        none.block().update(masked(5));
        none.block().refresh(DAMPING);
        assertThat(none.block().isReady()).isFalse();
        assertThat(none.view().norm1Number().doubleValue()).isZero();

        TestBlock block = filled(DataType.DOUBLE);
        INDArray before = block.view().dup();
        block.block().update(masked(5));
        assertThat(block.view()).isEqualTo(before);
        assertThat(block.state().statistics()).isEqualTo(2);
    }

    @Test
    void averagesArePlainMeansFirstAndDecayAfterwards() {
        assumeThat(averagesLinearly()).isTrue();
        TestBlock block = empty(0.6);
        INDArray[] expected =
                statistics().stream().map(name -> block.state().get(name).dup()).toArray(INDArray[]::new);
        for (int k = 1; k <= 5; k++) {
            block.block().update(batch(k, 4 + k, DataType.DOUBLE));
            TestBlock alone = TestBlock.of(type(), shape(), batch(k, 4 + k, DataType.DOUBLE));
            double keep = Math.min(1 - 1.0 / k, 0.6);
            for (int i = 0; i < expected.length; i++) {
                String name = statistics().get(i);
                expected[i].muli(keep).addi(alone.state().get(name).mul(1 - keep));
                assertThat(error(block.state().get(name), expected[i])).as(name).isLessThan(1e-12);
            }
        }
        assertThat(block.state().statistics()).isEqualTo(5);
    }

    @Test
    void aFailedRefreshLeavesTheLastGoodInverse() {
        TestBlock block = filled(DataType.DOUBLE);
        INDArray before = block.precondition(gradient(3));
        poison(block);
        try (LogCapture log = new LogCapture()) {
            block.block().refresh(DAMPING);
            block.block().refresh(DAMPING);
            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("layer")
                    .contains("last good inverse");
        }
        assertThat(block.block().isReady()).isTrue();
        assertThat(block.precondition(gradient(3))).isEqualTo(before);
    }

    @Test
    void aFailedFirstRefreshGivesNothingThatIsNotFinite() {
        TestBlock block = empty(0.95);
        block.block().update(batch(1, 5, DataType.DOUBLE));
        poison(block);
        try (LogCapture log = new LogCapture()) {
            block.block().refresh(DAMPING);
            assertThat(log.warnings()).hasSize(1);
        }
        if (block.block().isReady()) {
            assertThat(Finite.isFinite(block.precondition(gradient(3)))).isTrue();
        }
    }

    private void poison(TestBlock block) {
        statistics().forEach(name -> block.state().get(name).assign(Double.NaN));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.01})
    void aDeadLayerIsPreconditionedAllTheSame(double damping) {
        TestBlock block = TestBlock.of(type(), shape(), dead(6));
        block.block().refresh(damping);
        INDArray v = gradient(3);
        assertThat(block.block().isReady()).isTrue();
        assertThat(Finite.isFinite(block.precondition(v))).isTrue();
        assertThat(inner(block.precondition(v), v)).isPositive();
    }

    @Test
    void floatsDoAsWellAsDoubles() {
        INDArray single = filled(DataType.FLOAT).precondition(gradient(3));
        assertThat(single.dataType()).isEqualTo(DataType.FLOAT);
        assertThat(error(single, filled(DataType.DOUBLE).precondition(gradient(3))))
                .isLessThan(1e-3);
    }

    @Test
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    void nothingThatLastsLivesInTheCallersWorkspace() {
        TestBlock block = empty(0.75);
        WorkspaceConfiguration configuration =
                WorkspaceConfiguration.builder().initialSize(1 << 22).build();
        for (int round = 0; round < 2; round++) {
            BatchRows rows = batch(1 + round, round == 0 ? 12 : 7, DataType.DOUBLE);
            try (MemoryWorkspace ignored =
                    Nd4j.getWorkspaceManager().getAndActivateWorkspace(configuration, "CurvatureBlockContract")) {
                block.block().update(rows);
                block.block().refresh(DAMPING);
            }
        }
        assertThat(block.precondition(gradient(3)))
                .isEqualTo(filled(DataType.DOUBLE).precondition(gradient(3)));
    }

    @Test
    void theTypeDescribesItself() {
        assertThat(type().name()).isNotBlank();
        assertThat(type().layout(shape()).parameters()).isEqualTo(shape().parameters());
        assertThat(type().refreshFlops(shape())).isPositive();
    }

    /** Patches come in pieces, with or without a column of ones. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void piecesOfABatchAreTheBatch(boolean homogeneous) {
        assumeThat(batch(1, 6, DataType.DOUBLE)).isInstanceOf(OuterProductRows.class);
        OuterProductRows rows = (OuterProductRows) batch(1, 6, DataType.DOUBLE);
        INDArray weights = normal(9, rows.inputs().rows(), 1).gt(-0.3).castTo(DataType.DOUBLE);
        double active = weights.sumNumber().doubleValue();
        INDArray matrix = TestInputs.matrixBehind(rows.inputs());
        INDArray derivatives = rows.derivatives().mulColumnVector(weights);
        TestBlock whole =
                TestBlock.of(type(), shape(), new OuterProductRows(rows.inputs(), derivatives, weights, active, 6));
        InputSource pieces = new PiecewiseInputs(matrix, 4 * rows.positions(), homogeneous);
        TestBlock block = TestBlock.of(type(), shape(), new OuterProductRows(pieces, derivatives, weights, active, 6));
        assertThat(error(block.view(), whole.view())).isLessThan(1e-14);
        InputSource single = new PiecewiseInputs(matrix, rows.positions(), homogeneous);
        assertThat(error(
                        TestBlock.of(type(), shape(), OuterProductRows.of(single, rows.derivatives(), 6))
                                .view(),
                        TestBlock.of(type(), shape(), OuterProductRows.of(rows.inputs(), rows.derivatives(), 6))
                                .view()))
                .isLessThan(1e-14);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void repeatedInputsAreTheirCopies(boolean masked) {
        assumeThat(batch(1, 6, DataType.DOUBLE)).isInstanceOf(OuterProductRows.class);
        RepeatedPasses passes = RepeatedPasses.of((OuterProductRows) batch(1, 6, DataType.DOUBLE), masked);
        assertThat(error(
                        TestBlock.of(type(), shape(), passes.repeated()).view(),
                        TestBlock.of(type(), shape(), passes.copied()).view()))
                .isLessThan(1e-13);
    }

    @Test
    void aMaskMayBeAPartOfALargerArray() {
        assumeThat(batch(1, 6, DataType.DOUBLE)).isInstanceOf(OuterProductRows.class);
        OuterProductRows rows = (OuterProductRows) batch(1, 6, DataType.DOUBLE);
        long count = rows.inputs().rows();
        INDArray weights = normal(9, count, 1).gt(-0.3).castTo(DataType.DOUBLE);
        double active = weights.sumNumber().doubleValue();
        INDArray derivatives = rows.derivatives().mulColumnVector(weights);
        InputSource pieces = new PiecewiseInputs(TestInputs.matrixBehind(rows.inputs()), 2 * rows.positions(), false);
        INDArray expected = TestBlock.of(type(), shape(), new OuterProductRows(pieces, derivatives, weights, active, 6))
                .view();
        INDArray large = Nd4j.ones(DataType.DOUBLE, 3 * count, 1);
        INDArray part = large.get(NDArrayIndex.interval(count - 1, 2 * count - 1), NDArrayIndex.all());
        part.assign(weights);
        TestBlock block = TestBlock.of(type(), shape(), new OuterProductRows(pieces, derivatives, part, active, 6));
        assertThat(error(block.view(), expected)).isLessThan(1e-14);
    }
}
