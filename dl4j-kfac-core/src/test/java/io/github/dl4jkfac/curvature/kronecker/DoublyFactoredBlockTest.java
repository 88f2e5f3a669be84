package io.github.dl4jkfac.curvature.kronecker;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.meanProduct;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.trace;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
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
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class DoublyFactoredBlockTest {

    private abstract static class Contract extends CurvatureBlockContract {

        private final boolean bias;

        Contract(boolean bias) {
            this.bias = bias;
        }

        @Override
        protected SingleKind type() {
            return DoublyFactoredBlock.TYPE;
        }

        @Override
        protected BlockShape shape() {
            return shapeOf(bias);
        }

        @Override
        protected BatchRows batch(long seed, int samples, DataType type) {
            return OuterProductRows.of(
                    InputSource.of(normal(seed, 2 * samples, 6).castTo(type)),
                    normal(100 + seed, 2 * samples, 2).castTo(type),
                    samples);
        }

        @Override
        protected BatchRows masked(int samples) {
            return new OuterProductRows(
                    InputSource.of(normal(1, samples, 6)),
                    Nd4j.zeros(DataType.DOUBLE, samples, 2),
                    Nd4j.zeros(DataType.DOUBLE, samples, 1),
                    0,
                    samples);
        }

        @Override
        protected BatchRows dead(int samples) {
            return OuterProductRows.of(
                    InputSource.of(normal(1, samples, 6)), Nd4j.zeros(DataType.DOUBLE, samples, 2), samples);
        }

        /** Power iteration is no mean of its results; see the tests below. */
        @Override
        protected boolean averagesLinearly() {
            return false;
        }

        @Override
        protected INDArray damped(TestBlock block, double damping) {
            INDArray g = block.symmetric("G");
            INDArray[] factors = {block.state().get("K"), block.state().get("Psi"), g};
            double share = Math.cbrt(damping);
            for (INDArray factor : factors) {
                share /= Math.cbrt(trace(factor) / factor.size(0));
            }
            for (int i = 0; i < 3; i++) {
                factors[i] = plusDiagonal(factors[i], share * trace(factors[i]) / factors[i].size(0));
            }
            INDArray weights = BlockMath.kron(BlockMath.kron(factors[0], factors[1]), factors[2]);
            if (!bias) {
                return weights;
            }
            // lambda = s_K s_Psi s_G
            double shiftOfG = share * trace(g) / 2;
            INDArray all = Nd4j.zeros(DataType.DOUBLE, 14, 14);
            put(all, 0, weights);
            put(all, 12, factors[2].mul(1 + damping / shiftOfG));
            return all;
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

    private static void put(INDArray all, long at, INDArray part) {
        all.get(NDArrayIndex.interval(at, at + part.size(0)), NDArrayIndex.interval(at, at + part.size(1)))
                .assign(part);
    }

    private static BlockShape shapeOf(boolean bias) {
        return new BlockShape(ParameterKind.CONVOLUTION, 6, 2, bias, 3, 1);
    }

    private static TestBlock block(BlockShape shape, double decay) {
        return TestBlock.of(DoublyFactoredBlock.TYPE, shape, decay, DataType.DOUBLE);
    }

    @ParameterizedTest
    @CsvSource({
        "4608, 9, 512, 9", // channels by kernel elements
        "36864, 9, 192, 192", // too many channels
        "784, 1, 28, 28",
        "1000, 1, 40, 25",
        "1009, 1, 32, 32", // a prime
        "1, 1, 1, 1"
    })
    void inputsAreSplitByKernelOrNearTheSquareRoot(int inputs, int window, int rows, int columns) {
        BlockShape shape = new BlockShape(ParameterKind.CONVOLUTION, inputs, 2, true, window, 1);
        assertThat(InputSplit.of(shape)).isEqualTo(new InputSplit(rows, columns));
    }

    /** x = u x v for all pairs of u and v: A is a Kronecker product; as u and -u come together, E[x] = 0. */
    private static INDArray productInputs(int p, int q) {
        INDArray u = normal(1, p + 1, p);
        INDArray v = normal(2, q + 2, q);
        INDArray rows = Nd4j.create(DataType.DOUBLE, 2 * u.size(0) * v.size(0), (long) p * q);
        int row = 0;
        for (int i = 0; i < u.size(0); i++) {
            for (int j = 0; j < v.size(0); j++) {
                INDArray x =
                        BlockMath.kron(u.getRow(i, true), v.getRow(j, true)).reshape(new long[] {(long) p * q});
                rows.putRow(row++, x);
                rows.putRow(row++, x.neg());
            }
        }
        return rows;
    }

    @Test
    void theBlockIsTheKroneckerBlockWhereTheInputFactorIsAProduct() {
        INDArray inputs = productInputs(2, 3);
        OuterProductRows rows =
                OuterProductRows.of(InputSource.of(inputs), normal(3, inputs.size(0), 2), inputs.size(0));
        TestBlock exact = TestBlock.of(KroneckerBlock.TYPE, shapeOf(true), rows);
        TestBlock block = TestBlock.of(DoublyFactoredBlock.TYPE, shapeOf(true), rows);
        assertThat(error(block.block().toDense(), exact.block().toDense())).isLessThan(1e-13);
        INDArray v = normal(4, 7, 2);
        exact.block().refresh(0);
        block.block().refresh(0);
        assertThat(error(block.precondition(v), exact.precondition(v))).isLessThan(1e-10);
    }

    /** A[(i,r),(j,s)] as R[(i,j),(r,s)]. */
    private static INDArray rearranged(INDArray a, int p, int q) {
        return a.reshape('c', p, q, p, q).permute(0, 2, 1, 3).dup('c').reshape('c', (long) p * p, (long) q * q);
    }

    @Test
    void theProductIsTheNearestOfAll() {
        INDArray x = normal(1, 40, 6).mmul(normal(2, 6, 6));
        TestBlock block = block(shapeOf(false), 0);
        for (int k = 0; k < 40; k++) {
            block.block().update(OuterProductRows.of(InputSource.of(x), normal(3, 40, 2), 40));
        }
        INDArray r = rearranged(meanProduct(x, x), 2, 3);
        // the first singular value by powers of R^T R
        INDArray v = vec(Nd4j.eye(3).castTo(DataType.DOUBLE)).transpose();
        for (int k = 0; k < 200; k++) {
            v = r.transpose().mmul(r.mmul(v));
            v.divi(v.norm2Number());
        }
        INDArray nearest = r.mmul(v).mmul(v.transpose());
        INDArray product =
                vec(block.state().get("K")).transpose().mmul(vec(block.state().get("Psi")));
        assertThat(error(product, nearest)).isLessThan(1e-12);
        assertThat(error(product, r)).as("no product itself").isGreaterThan(0.05);
    }

    @Test
    void theAverageIsOfTheProduct() {
        TestBlock block = block(shapeOf(false), 0.75);
        INDArray k = null;
        INDArray psi = Nd4j.eye(3).castTo(DataType.DOUBLE);
        for (int batch = 1; batch <= 6; batch++) {
            INDArray x = normal(batch, 10 + batch, 6);
            block.block().update(OuterProductRows.of(InputSource.of(x), normal(3, x.size(0), 2), x.size(0)));
            double keep = Math.min(1 - 1.0 / batch, 0.75);
            INDArray r = rearranged(meanProduct(x, x), 2, 3).mul(1 - keep);
            if (k != null) {
                r.addi(vec(k).transpose().mmul(vec(psi)).mul(keep));
            }
            k = r.mmul(vec(psi).transpose()).div(inner(psi, psi)).reshape('c', 2, 2);
            psi = r.transpose().mmul(vec(k).transpose()).div(inner(k, k)).reshape('c', 3, 3);
            assertThat(error(block.state().get("K"), k)).isLessThan(1e-13);
            assertThat(error(block.state().get("Psi"), psi)).isLessThan(1e-13);
        }
    }

    @Test
    void excludedRowsDoNotCount() {
        INDArray weights = Nd4j.createFromArray(1.0, 0, 1, 1, 0, 1).reshape('c', 6, 1);
        INDArray x = normal(1, 6, 6);
        INDArray g = normal(2, 6, 2).muliColumnVector(weights);
        TestBlock masked = TestBlock.of(
                DoublyFactoredBlock.TYPE, shapeOf(true), new OuterProductRows(InputSource.of(x), g, weights, 4, 6));
        INDArray kept = Nd4j.vstack(x.getRow(0, true), x.getRow(2, true), x.getRow(3, true), x.getRow(5, true));
        TestBlock alone = TestBlock.of(
                DoublyFactoredBlock.TYPE, shapeOf(true), OuterProductRows.of(InputSource.of(kept), normal(2, 4, 2), 4));
        assertThat(error(masked.state().get("K"), alone.state().get("K"))).isLessThan(1e-14);
        assertThat(error(masked.symmetric("G"), meanProduct(g, g))).isLessThan(1e-14);
    }

    /** Seven inputs as [3,3]: the operator is the part of the padded inverse that belongs to them. */
    @Test
    void paddedInputsArePreconditionedAsPartOfTheWhole() {
        BlockShape padded = BlockShape.of(ParameterKind.DENSE, 7, 2, true);
        BlockShape whole = BlockShape.of(ParameterKind.DENSE, 9, 2, true);
        INDArray x = normal(1, 20, 7);
        INDArray g = normal(2, 20, 2);
        TestBlock block = TestBlock.of(DoublyFactoredBlock.TYPE, padded, OuterProductRows.of(InputSource.of(x), g, 20));
        TestBlock zeros = TestBlock.of(
                DoublyFactoredBlock.TYPE,
                whole,
                OuterProductRows.of(InputSource.of(Nd4j.hstack(x, Nd4j.zeros(DataType.DOUBLE, 20, 2))), g, 20));
        block.block().refresh(0.1);
        zeros.block().refresh(0.1);
        INDArray v = normal(3, 8, 2);
        INDArray extended = Nd4j.vstack(rows(v, 0, 7), Nd4j.zeros(DataType.DOUBLE, 2, 2), rows(v, 7, 8));
        INDArray expected = zeros.precondition(extended);
        assertThat(error(block.precondition(v), Nd4j.vstack(rows(expected, 0, 7), rows(expected, 9, 10))))
                .isLessThan(1e-13);
        INDArray operator = block.operator();
        assertThat(error(operator.transpose(), operator)).isLessThan(1e-13);
        assertThat(inner(block.precondition(v), v)).isPositive();
    }
}
