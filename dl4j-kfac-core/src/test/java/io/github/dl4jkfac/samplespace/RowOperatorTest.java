package io.github.dl4jkfac.samplespace;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.symmetric;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.samplespace.RowCases.RowCase;
import io.github.dl4jkfac.solve.PortableSolver;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** J_l without J_l, against J_l written out. */
class RowOperatorTest {

    private static final double EXACT = 1e-12;

    static Stream<RowCase> cases() {
        return RowCases.all();
    }

    private static RowOperator operator(RowCase c) {
        return RowOperator.of(c.rows(), c.shape(), Solvers.forBackend());
    }

    private static INDArray gram(long samples, Consumer<INDArray> adder) {
        INDArray gram = normal(11, samples, samples).dup('f');
        INDArray before = gram.dup();
        adder.accept(gram);
        return symmetric(gram.sub(before));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void theGramMatrixIsAdded(RowCase c) {
        INDArray j = BruteForce.gradients(c.rows(), c.shape());
        for (SymmetricSolver solver : List.of(Solvers.forBackend(), new PortableSolver())) {
            RowOperator operator = RowOperator.of(c.rows(), c.shape(), solver);
            assertThat(operator.samples()).isEqualTo(RowCases.SAMPLES);
            assertThat(error(gram(RowCases.SAMPLES, operator::addGram), j.mmul(j.transpose())))
                    .isLessThan(EXACT);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void gradientsAreMultiplied(RowCase c) {
        INDArray v = normal(8, c.shape().inputDimension(), c.shape().outputs()).dup('f');
        INDArray expected = BruteForce.gradients(c.rows(), c.shape()).mmul(vec(v).transpose());
        INDArray before = v.dup();
        INDArray actual = operator(c).times(v);
        assertThat(actual.shape()).containsExactly(RowCases.SAMPLES, 1);
        assertThat(error(actual, expected)).isLessThan(EXACT);
        assertThat(v).isEqualTo(before);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void samplesAreWeighted(RowCase c) {
        INDArray weights = normal(9, RowCases.SAMPLES, 1);
        INDArray j = BruteForce.gradients(c.rows(), c.shape());
        INDArray expected = BruteForce.matrix(j.transpose().mmul(weights), c.shape());
        INDArray out = expected.dup('f').assign(Double.NaN);
        operator(c).transposedTimes(weights, out);
        assertThat(error(out, expected)).isLessThan(EXACT);
        INDArray large = Nd4j.create(DataType.DOUBLE, new long[] {out.size(0) + 3, out.size(1) + 2}, 'f');
        INDArray part = large.get(NDArrayIndex.interval(2, 2 + out.size(0)), NDArrayIndex.interval(1, 1 + out.size(1)));
        operator(c).transposedTimes(weights, part);
        assertThat(error(part, expected)).as("into a part").isLessThan(EXACT);
        part.assign(0);
        assertThat(large.norm1Number().doubleValue()).as("beside it").isZero();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void bothWaysToAGramMatrixAgreeInPiecesToo(RowCase c) {
        if (!(c.rows() instanceof OuterProductRows rows) || c.shape().kind() == ParameterKind.DEPTHWISE) {
            return;
        }
        INDArray j = BruteForce.gradients(rows, c.shape());
        INDArray expected = j.mmul(j.transpose());
        OuterOperator operator = new OuterOperator(rows, c.shape().bias(), Solvers.forBackend());
        for (long most : new long[] {1, 2 * rows.positions(), 1 << 20}) {
            assertThat(error(gram(RowCases.SAMPLES, new PairwiseGram(operator, most)::addTo), expected))
                    .as("pairs, %d rows", most)
                    .isLessThan(EXACT);
        }
        for (long numbers : new long[] {1, 2L * RowCases.SAMPLES * c.shape().outputs(), 1 << 20}) {
            assertThat(error(gram(RowCases.SAMPLES, new GradientGram(operator, numbers)::addTo), expected))
                    .as("gradients, %d numbers", numbers)
                    .isLessThan(EXACT);
        }
    }

    /** As patches do that are many: every piece is gone when the next one comes. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void inputsMayComeInPieces(int samplesOfAPiece) {
        RowCase whole = RowCases.outer("", 3, 4, 5, true, false, 'f');
        OuterProductRows rows = (OuterProductRows) whole.rows();
        InputSource pieces = new VanishingPieces(rows.inputs(), samplesOfAPiece * 3L);
        OuterProductRows inPieces = OuterProductRows.of(pieces, rows.derivatives(), rows.samples());
        OuterOperator operator = new OuterOperator(inPieces, true, Solvers.forBackend());
        INDArray j = BruteForce.gradients(rows, whole.shape());
        assertThat(error(gram(RowCases.SAMPLES, new PairwiseGram(operator, 3)::addTo), j.mmul(j.transpose())))
                .isLessThan(EXACT);
        assertThat(error(gram(RowCases.SAMPLES, new GradientGram(operator, 60)::addTo), j.mmul(j.transpose())))
                .isLessThan(EXACT);
        INDArray v = normal(8, 5, 5).dup('f');
        assertThat(error(operator.times(v), j.mmul(vec(v).transpose()))).isLessThan(EXACT);
        INDArray c = normal(9, RowCases.SAMPLES, 1);
        INDArray out = v.like();
        operator.transposedTimes(c, out);
        assertThat(error(out, BruteForce.matrix(j.transpose().mmul(c), whole.shape())))
                .isLessThan(EXACT);
    }

    @Test
    void manySamplesAreMoreThanOneTile() {
        long samples = 1500;
        INDArray a = normal(1, samples, 2);
        INDArray g = normal(2, samples, 3).dup('f');
        OuterProductRows rows = OuterProductRows.of(InputSource.of(a), g, samples);
        BlockShape shape = BlockShape.of(ParameterKind.DENSE, 2, 3, true);
        INDArray j = BruteForce.gradients(rows, shape);
        RowOperator operator = RowOperator.of(rows, shape, Solvers.forBackend());
        assertThat(error(gram(samples, operator::addGram), j.mmul(j.transpose())))
                .isLessThan(EXACT);
    }

    @Test
    void theCheaperWayIsTaken() {
        OuterOperator deep = outer(2, 300, 200);
        OuterOperator wide = outer(64, 9, 8);
        assertThat(PairwiseGram.flops(deep)).isLessThan(GradientGram.flops(deep));
        assertThat(PairwiseGram.flops(wide)).isGreaterThan(GradientGram.flops(wide));
    }

    private static OuterOperator outer(int positions, int inputs, int outputs) {
        OuterProductRows rows = (OuterProductRows)
                RowCases.outer("", positions, inputs, outputs, true, false, 'f').rows();
        return new OuterOperator(rows, true, Solvers.forBackend());
    }

    @Test
    void floatsDoAsWell() {
        OuterProductRows rows =
                (OuterProductRows) RowCases.outer("", 3, 4, 5, true, false, 'f').rows();
        BlockShape shape = BlockShape.of(ParameterKind.RECURRENT, 4, 5, true);
        INDArray a = ((OuterProductRows) rows).derivatives();
        OuterProductRows floats = OuterProductRows.of(
                InputSource.of(normal(1, 18, 4).castTo(DataType.FLOAT)), a.castTo(DataType.FLOAT), rows.samples());
        INDArray j = BruteForce.gradients(rows, shape);
        INDArray gram = Nd4j.create(DataType.FLOAT, new long[] {6, 6}, 'f');
        RowOperator operator = RowOperator.of(floats, shape, Solvers.forBackend());
        operator.addGram(gram);
        assertThat(error(symmetric(gram), j.mmul(j.transpose()))).isLessThan(1e-5);
        INDArray v = normal(8, 5, 5).castTo(DataType.FLOAT).dup('f');
        assertThat(operator.times(v).dataType()).isEqualTo(DataType.FLOAT);
    }

    @Test
    void unknownRowsAreRefused() {
        BatchRows unknown = (BatchRows) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {BatchRows.class}, (proxy, method, arguments) -> null);
        BlockShape shape = BlockShape.of(ParameterKind.DENSE, 2, 3, true);
        assertThatThrownBy(() -> RowOperator.of(unknown, shape, Solvers.forBackend()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(unknown.getClass().getName());
    }
}
