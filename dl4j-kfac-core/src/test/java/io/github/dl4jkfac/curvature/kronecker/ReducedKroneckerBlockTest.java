package io.github.dl4jkfac.curvature.kronecker;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.BlockMath;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class ReducedKroneckerBlockTest extends KroneckerBlockContractTest {

    private static final int POSITIONS = 3;

    @Override
    public SingleKind type() {
        return ReducedKroneckerBlock.TYPE;
    }

    private TestBlock block(INDArray inputs, INDArray derivatives, long samples) {
        return TestBlock.of(type(), shape(), OuterProductRows.of(InputSource.of(inputs), derivatives, samples));
    }

    private static INDArray positions(INDArray rows, int sample) {
        return rows(rows, sample * POSITIONS, (sample + 1) * POSITIONS);
    }

    /** The gradient of one sample is the sum over its positions. */
    private static INDArray gradient(INDArray inputs, INDArray derivatives, int sample) {
        return homogeneous(positions(inputs, sample)).transpose().mmul(positions(derivatives, sample));
    }

    private static INDArray repeated(INDArray row) {
        return Nd4j.vstack(row, row, row);
    }

    @Test
    void aSampleIsExactIfItsInputsAreTheSameAtAllPositions() {
        INDArray inputs = repeated(normal(1, 1, 4));
        INDArray derivatives = normal(2, POSITIONS, 3);
        assertThat(error(
                        block(inputs, derivatives, 1).block().toDense(),
                        BlockMath.secondMoment(List.of(gradient(inputs, derivatives, 0)))))
                .isLessThan(1e-14);
    }

    @Test
    void aSampleIsExactIfItsDerivativesAreTheSameAtAllPositions() {
        INDArray inputs = normal(1, POSITIONS, 4);
        INDArray derivatives = repeated(normal(2, 1, 3));
        assertThat(error(
                        block(inputs, derivatives, 1).block().toDense(),
                        BlockMath.secondMoment(List.of(gradient(inputs, derivatives, 0)))))
                .isLessThan(1e-14);
        // where both vary it is an approximation
        INDArray varying = normal(2, POSITIONS, 3);
        assertThat(error(
                        block(inputs, varying, 1).block().toDense(),
                        BlockMath.secondMoment(List.of(gradient(inputs, varying, 0)))))
                .isGreaterThan(0.1);
    }

    @Test
    void rowsOfAnyLayoutAreAveragedAndSummed() {
        INDArray inputs = normal(1, 4 * POSITIONS, 4);
        INDArray derivatives = normal(2, 4 * POSITIONS, 3);
        INDArray means = Nd4j.vstack(IntStream.range(0, 4)
                .mapToObj(n -> positions(inputs, n).mean(true, 0))
                .toArray(INDArray[]::new));
        INDArray sums = Nd4j.vstack(IntStream.range(0, 4)
                .mapToObj(n -> positions(derivatives, n).sum(true, 0))
                .toArray(INDArray[]::new));
        INDArray expected = TestBlock.of(
                        KroneckerBlock.TYPE, shape(), OuterProductRows.of(InputSource.of(means), sums, 4))
                .block()
                .toDense();
        INDArray large = Nd4j.zeros(DataType.DOUBLE, 20, 9);
        INDArray spread = large.get(NDArrayIndex.interval(3, 3 + 4 * POSITIONS), NDArrayIndex.interval(0, 2, 8));
        spread.assign(inputs);
        for (INDArray layout : List.of(inputs, inputs.dup('f'), spread)) {
            assertThat(error(block(layout, derivatives.dup('f'), 4).block().toDense(), expected))
                    .isLessThan(1e-14);
            assertThat(error(block(layout, derivatives, 4).block().toDense(), expected))
                    .isLessThan(1e-14);
        }
    }

    @Test
    void excludedPositionsCountInNeitherMeanNorSum() {
        INDArray weights = Nd4j.createFromArray(1.0, 0, 1, 0, 0, 0, 0, 1, 0).reshape('c', 9, 1);
        INDArray inputs = normal(1, 9, 4);
        INDArray derivatives = normal(2, 9, 3).muliColumnVector(weights);
        TestBlock block =
                TestBlock.of(type(), shape(), new OuterProductRows(InputSource.of(inputs), derivatives, weights, 3, 3));
        INDArray first = rows(inputs, 0, 1).add(rows(inputs, 2, 3)).div(2);
        INDArray abar = homogeneous(Nd4j.vstack(first, rows(inputs, 7, 8)));
        INDArray g = Nd4j.vstack(rows(derivatives, 0, 1).add(rows(derivatives, 2, 3)), rows(derivatives, 7, 8));
        assertThat(error(block.symmetric("A"), abar.transpose().mmul(abar).div(2)))
                .isLessThan(1e-14);
        assertThat(error(block.symmetric("G"), g.transpose().mmul(g).div(3))).isLessThan(1e-14);
    }
}
