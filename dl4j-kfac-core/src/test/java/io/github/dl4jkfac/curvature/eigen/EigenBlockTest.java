package io.github.dl4jkfac.curvature.eigen;

import static io.github.dl4jkfac.testing.TestNetworks.dampedMoments;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.trace;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.BlockMath;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.CurvatureBlockContract;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.RepeatedPasses;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.PiecewiseInputs;
import io.github.dl4jkfac.curvature.rows.TestInputs;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.eigen.Eigen;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class EigenBlockTest {

    /** {@code positions} rows per sample, four inputs and three outputs. */
    private abstract static class Contract extends CurvatureBlockContract {

        private final BlockShape shape;
        private final int positions;

        Contract(ParameterKind kind, boolean bias, int positions) {
            this.shape = BlockShape.of(kind, 4, 3, bias);
            this.positions = positions;
        }

        @Override
        protected SingleKind type() {
            return EigenBlock.TYPE;
        }

        @Override
        protected BlockShape shape() {
            return shape;
        }

        @Override
        protected BatchRows batch(long seed, int samples, DataType type) {
            return OuterProductRows.of(
                    InputSource.of(normal(seed, (long) positions * samples, 4).castTo(type)),
                    normal(100 + seed, (long) positions * samples, 3).castTo(type),
                    samples);
        }

        @Override
        protected BatchRows masked(int samples) {
            long count = (long) positions * samples;
            return new OuterProductRows(
                    InputSource.of(normal(1, count, 4)),
                    Nd4j.zeros(DataType.DOUBLE, count, 3),
                    Nd4j.zeros(DataType.DOUBLE, count, 1),
                    0,
                    samples);
        }

        @Override
        protected BatchRows dead(int samples) {
            long count = (long) positions * samples;
            return OuterProductRows.of(
                    InputSource.of(normal(1, count, 4)), Nd4j.zeros(DataType.DOUBLE, count, 3), samples);
        }

        @Override
        protected boolean followsStatisticsAtOnce() {
            return true;
        }

        @Override
        protected INDArray damped(TestBlock block, double damping) {
            return EigenBlockTest.damped(block, damping);
        }
    }

    @Nested
    class Dense extends Contract {
        Dense() {
            super(ParameterKind.DENSE, true, 1);
        }
    }

    @Nested
    class DenseWithoutBias extends Contract {
        DenseWithoutBias() {
            super(ParameterKind.DENSE, false, 1);
        }
    }

    /** As many positions as rows are brought into their basis one by one. */
    @Nested
    class FewPositions extends Contract {
        FewPositions() {
            super(ParameterKind.RECURRENT, true, 3);
        }
    }

    /** Too many. */
    @Nested
    class ManyPositions extends Contract {
        ManyPositions() {
            super(ParameterKind.CONVOLUTION, true, 7);
        }
    }

    /** Too many for the inputs, not for the outputs. */
    @Nested
    class PositionsWithoutBias extends Contract {
        PositionsWithoutBias() {
            super(ParameterKind.CONVOLUTION, false, 4);
        }
    }

    private static final BlockShape SHAPE = BlockShape.of(ParameterKind.CONVOLUTION, 4, 3, true);

    private static TestBlock block(double decay) {
        return TestBlock.of(EigenBlock.TYPE, SHAPE, decay, DataType.DOUBLE);
    }

    /** A block whose bases are those of other rows, as they are between two refreshes. */
    private static TestBlock withBases(BlockShape shape, OuterProductRows of) {
        TestBlock block = TestBlock.of(EigenBlock.TYPE, shape, of);
        block.block().refresh(0.1);
        return block;
    }

    private static OuterProductRows batch(long seed, int samples, int positions) {
        // inputs and derivatives that depend on each other and differ much in size: no Kronecker product fits
        INDArray a = normal(seed, (long) positions * samples, 4).mmul(normal(7, 4, 4));
        INDArray g = normal(100 + seed, (long) positions * samples, 3).mmul(normal(8, 3, 3));
        return OuterProductRows.of(
                InputSource.of(a), g.muliColumnVector(a.getColumn(0, true).dup()), samples);
    }

    private static OuterProductRows masked(OuterProductRows rows, INDArray weights) {
        return new OuterProductRows(
                rows.inputs(),
                rows.derivatives().mulColumnVector(weights),
                weights,
                weights.sumNumber().doubleValue(),
                rows.samples());
    }

    /** Ua x Ug. */
    private static INDArray basis(TestBlock block) {
        return BlockMath.kron(
                block.state().get("A_inverse_basis"), block.state().get("G_inverse_basis"));
    }

    private static INDArray damped(TestBlock block, double lambda) {
        return dampedMoments(basis(block), block.state().get("S"), lambda);
    }

    private static INDArray s(TestBlock block) {
        return vec(block.state().get("S"));
    }

    /** The gradient of every sample, from the rows that no mask leaves out. */
    private static List<INDArray> gradients(OuterProductRows rows, boolean bias) {
        INDArray inputs = TestInputs.matrixBehind(rows.inputs());
        INDArray abar = bias ? homogeneous(inputs) : inputs;
        List<INDArray> gradients = new ArrayList<>();
        for (long n = 0; n < rows.samples(); n++) {
            INDArray sum =
                    Nd4j.zeros(DataType.DOUBLE, abar.size(1), rows.derivatives().size(1));
            for (long row = n * rows.positions(); row < (n + 1) * rows.positions(); row++) {
                if (rows.weights() == null || rows.weights().getDouble(row, 0) != 0) {
                    sum.addi(abar.getRow(row, true)
                            .transpose()
                            .mmul(rows.derivatives().getRow(row, true)));
                }
            }
            gradients.add(sum);
        }
        return gradients;
    }

    private static INDArray fisher(OuterProductRows rows) {
        return BlockMath.secondMoment(gradients(rows, true));
    }

    /** diag(U^T F U) as a row. */
    private static INDArray diagonalIn(INDArray basis, INDArray f) {
        return Nd4j.diag(basis.transpose().mmul(f).mmul(basis)).reshape('c', 1, f.size(0));
    }

    @ParameterizedTest
    @CsvSource({"1, true", "1, false", "2, true", "3, false", "4, true", "5, true", "9, true", "9, false"})
    void momentsAreTheDiagonalOfTheFisherMatrixInTheBasis(int positions, boolean bias) {
        BlockShape shape = SHAPE.withBias(bias);
        TestBlock block = withBases(shape, batch(1, 20, positions));
        OuterProductRows rows = batch(2, 15, positions);
        block.block().update(rows);
        INDArray f = BlockMath.secondMoment(gradients(rows, bias));
        assertThat(error(s(block), diagonalIn(basis(block), f))).isLessThan(1e-13);
        assertThat(s(block).sumNumber().doubleValue() / trace(f) - 1).isBetween(-1e-13, 1e-13);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 9})
    void maskedPositionsAreNoPartOfASamplesGradient(int positions) {
        INDArray weights = normal(9, 15L * positions, 1).gt(-0.3).castTo(DataType.DOUBLE);
        OuterProductRows rows = masked(batch(2, 15, positions), weights);
        TestBlock block = withBases(SHAPE, batch(1, 20, positions));
        block.block().update(rows);
        assertThat(error(s(block), diagonalIn(basis(block), fisher(rows)))).isLessThan(1e-13);
    }

    @ParameterizedTest
    @CsvSource({"1, true", "1, false", "3, true", "3, false", "9, true", "9, false"})
    void piecesOfABatchAreTheBatch(int positions, boolean homogeneous) {
        OuterProductRows rows = batch(2, 15, positions);
        INDArray weights = normal(9, 15L * positions, 1).gt(-0.3).castTo(DataType.DOUBLE);
        INDArray matrix = TestInputs.matrixBehind(rows.inputs());
        for (OuterProductRows each : List.of(rows, masked(rows, weights))) {
            TestBlock whole = withBases(SHAPE, batch(1, 20, positions));
            TestBlock pieces = whole.copy();
            whole.block().update(each);
            InputSource source = new PiecewiseInputs(matrix, 4L * positions, homogeneous);
            pieces.block()
                    .update(new OuterProductRows(
                            source, each.derivatives(), each.weights(), each.active(), each.samples()));
            assertThat(error(pieces.state().get("S"), whole.state().get("S"))).isLessThan(1e-13);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, true", "1, false", "3, true", "3, false", "9, true"})
    void repeatedInputsAreTheirCopies(int positions, boolean masked) {
        RepeatedPasses passes = RepeatedPasses.of(batch(2, 15, positions), masked);
        TestBlock repeated = withBases(SHAPE, batch(1, 20, positions));
        TestBlock copied = repeated.copy();
        repeated.block().update(passes.repeated());
        copied.block().update(passes.copied());
        assertThat(error(repeated.state().get("S"), copied.state().get("S"))).isLessThan(1e-13);
    }

    /** DL4J's arrays may be row-major, or parts of others with any offset. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 9})
    void rowsOfAnyLayoutWillDo(int positions) {
        OuterProductRows rows = batch(2, 15, positions);
        INDArray inputs = TestInputs.matrixBehind(rows.inputs());
        INDArray larger = Nd4j.zeros(DataType.DOUBLE, 2 * inputs.size(0), 4);
        INDArray part = rows(larger, 2, 2 + inputs.size(0)).assign(inputs);
        INDArray largerF = Nd4j.create(DataType.DOUBLE, new long[] {2 * inputs.size(0), 3}, 'f');
        INDArray partF = rows(largerF, 2, 2 + inputs.size(0)).assign(rows.derivatives());
        TestBlock block = withBases(SHAPE.withBias(false), batch(1, 20, positions));
        for (INDArray layout : List.of(inputs.dup('c'), inputs.dup('f'), part)) {
            TestBlock copy = block.copy();
            copy.block().update(OuterProductRows.of(InputSource.of(layout), partF, 15));
            INDArray f = BlockMath.secondMoment(gradients(rows, false));
            assertThat(error(s(copy), diagonalIn(basis(copy), f))).isLessThan(1e-13);
        }
    }

    @Test
    void theBiasAloneIsExact() {
        BlockShape shape = BlockShape.of(ParameterKind.CONVOLUTION, 0, 3, true);
        OuterProductRows rows = (OuterProductRows) batch(2, 15, 4).biasOnly();
        TestBlock block = withBases(shape, rows);
        block.block().update(rows);
        INDArray g = rows.derivatives();
        assertThat(error(block.block().toDense(), g.transpose().mmul(g).div(15)))
                .isLessThan(1e-13);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 9})
    void noDiagonalIsNearerToTheFisherMatrix(int positions) {
        OuterProductRows rows = batch(1, 20, positions);
        TestBlock block = withBases(SHAPE, rows);
        INDArray kronecker = block.block().toDense();
        block.block().update(rows); // the average forgets at once: S of these rows in their own basis
        INDArray corrected = block.block().toDense();
        INDArray f = fisher(rows);
        double distance = error(corrected, f);
        assertThat(distance).isBetween(1e-3, 0.98 * error(kronecker, f));
        assertThat(trace(corrected) / trace(f) - 1).isBetween(-1e-12, 1e-12);
        for (int i = 0; i < s(block).length(); i++) {
            for (double step : new double[] {-1e-2, 1e-2}) {
                INDArray other = s(block).dup();
                other.putScalar(i, other.getDouble(i) * (1 + step));
                INDArray basis = basis(block);
                assertThat(error(basis.mulRowVector(other).mmul(basis.transpose()), f))
                        .isGreaterThan(distance);
            }
        }
    }

    @Test
    void theFirstStepIsThatOfTheKroneckerProduct() {
        OuterProductRows rows = batch(1, 20, 3);
        TestBlock block = withBases(SHAPE, rows);
        TestBlock kronecker = TestBlock.of(KroneckerBlock.TYPE, SHAPE, rows);
        INDArray product = kronecker.block().toDense();
        assertThat(error(block.block().toDense(), product)).isLessThan(1e-13);
        // without eigenvectors it is the same
        assertThat(error(TestBlock.of(EigenBlock.TYPE, SHAPE, rows).block().toDense(), product))
                .isLessThan(1e-14);
        INDArray v = normal(3, 5, 3);
        for (double damping : new double[] {1e-3, 0.1, 10}) {
            block.block().refresh(damping);
            kronecker.block().refresh(damping);
            assertThat(error(block.precondition(v), kronecker.precondition(v))).isLessThan(1e-12);
        }
    }

    @Test
    void everyBatchHasTheWeightThatItHasInTheFactors() {
        TestBlock block = block(0.6);
        block.block().update(batch(1, 20, 3));
        block.block().refresh(0.1);
        INDArray expected = block.state().get("S").dup();
        for (int k = 2; k <= 5; k++) {
            TestBlock alone = withBases(SHAPE, batch(1, 20, 3));
            alone.block().update(batch(k, 10 + k, 3));
            double keep = Math.min(1 - 1.0 / k, 0.6);
            expected.muli(keep).addi(alone.state().get("S").mul(1 - keep));
            block.block().update(batch(k, 10 + k, 3));
            assertThat(error(block.state().get("S"), expected)).isLessThan(1e-12);
        }
    }

    @Test
    void momentsFollowEveryBatchAndThePreconditionerFollowsThem() {
        TestBlock block = withBases(SHAPE, batch(1, 20, 3));
        INDArray basis = basis(block);
        OuterProductRows rows = batch(2, 15, 3);
        block.block().update(rows);
        assertThat(basis(block)).isEqualTo(basis);
        assertThat(error(block.operator(), inverse(damped(block, 0.1)))).isLessThan(1e-10);
        assertThat(error(s(block), diagonalIn(basis, fisher(rows)))).isLessThan(1e-13);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 9})
    void aNewBasisCarriesWhatHasBeenMeasured(int positions) {
        TestBlock block = block(0.75);
        TestBlock kronecker = TestBlock.of(KroneckerBlock.TYPE, SHAPE, 0.75, DataType.DOUBLE);
        for (int k = 1; k <= 3; k++) {
            block.block().update(batch(k, 20, positions));
            kronecker.block().update(batch(k, 20, positions));
            if (k == 1) {
                block.block().refresh(0.1);
            }
        }
        INDArray old = basis(block);
        INDArray before = block.block().toDense();
        block.block().refresh(0.1);
        INDArray now = basis(block);
        assertThat(error(now, old)).isGreaterThan(0.1);
        assertThat(error(now.transpose().mmul(now), Nd4j.eye(15).castTo(DataType.DOUBLE)))
                .isLessThan(1e-13);
        assertThat(error(s(block), diagonalIn(now, before))).isLessThan(1e-13);
        INDArray products = diagonalIn(now, kronecker.block().toDense());
        assertThat(error(s(block), products)).isGreaterThan(0.05);
        assertThat(trace(block.block().toDense()) / trace(before) - 1).isBetween(-1e-12, 1e-12);
        INDArray again = s(block).dup();
        block.block().refresh(0.1); // the same basis
        assertThat(error(s(block), again)).isLessThan(1e-12);
    }

    /** With a new basis for every batch each batch is measured in the basis of those before it. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void batchesEnterTheMomentsEvenWhereEachBringsABasis(int positions) {
        TestBlock block = block(0.6);
        INDArray expected = null;
        for (int k = 1; k <= 6; k++) {
            OuterProductRows rows = batch(k, 12, positions);
            INDArray basis = basis(block);
            block.block().update(rows);
            if (k > 1) {
                double keep = Math.min(1 - 1.0 / k, 0.6);
                expected =
                        expected.mul(keep).add(diagonalIn(basis, fisher(rows)).mul(1 - keep));
                assertThat(error(s(block), expected)).as("batch %d", k).isLessThan(1e-12);
            }
            block.block().refresh(0.1);
            INDArray next = basis(block);
            INDArray diagonal =
                    Nd4j.diag(k == 1 ? s(block).reshape(new long[] {15}) : expected.reshape(new long[] {15}));
            INDArray matrix = (k == 1 ? next : basis).mmul(diagonal).mmul((k == 1 ? next : basis).transpose());
            expected = diagonalIn(next, matrix);
            assertThat(error(s(block), expected)).as("batch %d", k).isLessThan(1e-12);
        }
        assertThat(error(block.operator(), inverse(damped(block, 0.1)))).isLessThan(1e-10);
    }

    /** Rounding chooses the basis of a null space; nothing may depend on the choice. */
    @Test
    void anyBasisOfANullSpaceWillDo() {
        TestBlock block = block(0.6);
        block.block().update(batch(1, 2, 1));
        block.block().refresh(0.1);
        TestBlock turned = block.copy();
        turn(turned.state().get("A_inverse_basis"), 3); // five inputs, two samples
        for (TestBlock each : List.of(block, turned)) {
            each.block().update(batch(2, 9, 1));
            each.block().update(batch(3, 9, 1));
        }
        assertThat(error(turned.operator(), block.operator())).isLessThan(1e-12);
        block.block().refresh(0.1);
        turned.block().refresh(0.1);
        assertThat(error(turned.block().toDense(), block.block().toDense())).isLessThan(1e-12);
    }

    /** Turns the first {@code count} vectors among themselves. */
    private static void turn(INDArray vectors, int count) {
        INDArray noise = normal(11, count, count);
        INDArray rotation = noise.add(noise.transpose());
        Eigen.symmetricGeneralizedEigenvalues(rotation); // leaves the eigenvectors
        INDArray part = vectors.get(NDArrayIndex.all(), NDArrayIndex.interval(0, count));
        INDArray before = part.dup();
        part.assign(before.mmul(rotation));
        assertThat(error(part, before)).isGreaterThan(0.1);
        assertThat(error(part.mmul(part.transpose()), before.mmul(before.transpose())))
                .isLessThan(1e-12);
    }

    @Test
    void momentsThatAreNotFiniteStartAgainWithTheNextBasis() {
        TestBlock block = withBases(SHAPE, batch(1, 20, 3));
        INDArray product = block.block().toDense();
        block.state().get("S").assign(Double.NaN);
        block.block().refresh(0.1);
        assertThat(error(block.block().toDense(), product)).isLessThan(1e-13);
    }

    @Test
    void dampingStaysInForceAfterARestart() {
        TestBlock block = withBases(SHAPE, batch(1, 20, 3));
        TestBlock resumed = block.copy();
        resumed.block().update(batch(2, 20, 3));
        assertThat(error(resumed.operator(), inverse(damped(resumed, 0.1)))).isLessThan(1e-10);
    }

    @Test
    void aScaledLossScalesMomentsAsItScalesTheFisherMatrix() {
        OuterProductRows rows = batch(1, 20, 3);
        OuterProductRows scaled =
                OuterProductRows.of(rows.inputs(), rows.derivatives().mul(10), 20);
        TestBlock block = withBases(SHAPE, rows);
        TestBlock other = block.copy();
        block.block().update(rows);
        other.block().update(scaled);
        assertThat(error(s(other), s(block).mul(100))).isLessThan(1e-13);
    }
}
