package io.github.dl4jkfac.curvature.kronecker;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.BlockMath;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.CurvatureBlockContract;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Lookups against dense rows of the same one-hot inputs. */
class EmbeddingBlockTest {

    private static final int TOKENS = 7;

    private abstract static class Contract extends CurvatureBlockContract {

        private final boolean bias;

        Contract(boolean bias) {
            this.bias = bias;
        }

        @Override
        protected SingleKind type() {
            return EmbeddingBlock.TYPE;
        }

        @Override
        protected BlockShape shape() {
            return shapeOf(bias);
        }

        @Override
        protected BatchRows batch(long seed, int samples, DataType type) {
            return lookups(seed, samples, type);
        }

        @Override
        protected BatchRows masked(int samples) {
            return new LookupRows(
                    indices(1, 2 * samples),
                    Nd4j.zeros(DataType.DOUBLE, 2 * samples, 3),
                    Nd4j.zeros(DataType.DOUBLE, 2 * samples, 1),
                    0,
                    samples);
        }

        @Override
        protected BatchRows dead(int samples) {
            return new LookupRows(indices(1, samples), Nd4j.zeros(DataType.DOUBLE, samples, 3), null, samples, samples);
        }

        @Override
        protected INDArray damped(TestBlock block, double damping) {
            return BlockMath.dampedProduct(inputFactor(block), block.symmetric("G"), damping);
        }

        private INDArray inputFactor(TestBlock block) {
            INDArray frequencies = block.state().get("A");
            INDArray a = Nd4j.diag(frequencies.reshape(new long[] {TOKENS}));
            return bias
                    ? Nd4j.vstack(
                            Nd4j.hstack(a, frequencies),
                            Nd4j.hstack(frequencies.transpose(), Nd4j.ones(DataType.DOUBLE, 1, 1)))
                    : a;
        }
    }

    @Nested
    class WithoutBias extends Contract {
        WithoutBias() {
            super(false);
        }
    }

    @Nested
    class WithBias extends Contract {
        WithBias() {
            super(true);
        }
    }

    private static BlockShape shapeOf(boolean bias) {
        return BlockShape.of(ParameterKind.EMBEDDING, TOKENS, 3, bias);
    }

    /** The last token is never looked up. */
    private static int[] indices(long seed, int rows) {
        return new Random(seed).ints(rows, 0, TOKENS - 1).toArray();
    }

    /** Two positions. */
    private static LookupRows lookups(long seed, int samples, DataType type) {
        return new LookupRows(
                indices(seed, 2 * samples), normal(seed, 2 * samples, 3).castTo(type), null, 2 * samples, samples);
    }

    private static INDArray oneHot(int[] indices) {
        INDArray rows = Nd4j.zeros(DataType.DOUBLE, indices.length, TOKENS);
        for (int i = 0; i < indices.length; i++) {
            rows.putScalar(i, indices[i], 1);
        }
        return rows;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lookupsAreDenseRowsOfOneHotInputs(boolean bias) {
        INDArray weights = Nd4j.createFromArray(1.0, 0, 1, 1, 0, 1, 1, 1).reshape('c', 8, 1);
        INDArray derivatives = normal(1, 8, 3).muliColumnVector(weights);
        int[] indices = indices(1, 8);
        TestBlock lookups =
                TestBlock.of(EmbeddingBlock.TYPE, shapeOf(bias), new LookupRows(indices, derivatives, weights, 6, 4));
        TestBlock dense = TestBlock.of(
                KroneckerBlock.TYPE,
                shapeOf(bias),
                new OuterProductRows(InputSource.of(oneHot(indices)), derivatives, weights, 6, 4));
        assertThat(error(lookups.block().toDense(), dense.block().toDense())).isLessThan(1e-14);
        for (double damping : new double[] {1e-3, 1}) {
            lookups.block().refresh(damping);
            dense.block().refresh(damping);
            INDArray v = normal(3, shapeOf(bias).inputDimension(), 3);
            assertThat(error(lookups.precondition(v), dense.precondition(v))).isLessThan(1e-10);
        }
    }

    /** Every token with every derivative: inputs and derivatives are independent. */
    @Test
    void theBlockIsTheFisherMatrixOnAProductDesign() {
        INDArray derivatives = normal(1, 4, 3);
        int[] indices = IntStream.range(0, 12).map(n -> n % 3 * 2).toArray();
        INDArray all = Nd4j.create(DataType.DOUBLE, 12, 3);
        for (int n = 0; n < 12; n++) {
            all.putRow(n, derivatives.getRow(n / 3));
        }
        TestBlock block = TestBlock.of(EmbeddingBlock.TYPE, shapeOf(true), new LookupRows(indices, all, null, 12, 12));
        INDArray abar = homogeneous(oneHot(indices));
        INDArray fisher = BlockMath.secondMoment(IntStream.range(0, 12)
                .mapToObj(n -> rows(abar, n, n + 1).transpose().mmul(rows(all, n, n + 1)))
                .toList());
        assertThat(error(block.block().toDense(), fisher)).isLessThan(1e-14);
    }

    @Test
    void nothingAsLargeAsTheSquareOfTheTableIsKept() {
        BlockShape shape = BlockShape.of(ParameterKind.EMBEDDING, 50_000, 8, true);
        assertThat(EmbeddingBlock.TYPE.layout(shape).curvatureSize()).isLessThan(3 * 50_001 + 2 * 64);
    }
}
