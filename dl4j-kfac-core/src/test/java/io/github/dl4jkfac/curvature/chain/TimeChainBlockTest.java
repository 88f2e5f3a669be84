package io.github.dl4jkfac.curvature.chain;

import static io.github.dl4jkfac.curvature.chain.TimeChainMath.allPairs;
import static io.github.dl4jkfac.curvature.chain.TimeChainMath.longSequences;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.symmetric;
import static io.github.dl4jkfac.testing.TestNetworks.trace;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.SingleKind;
import io.github.dl4jkfac.curvature.TestBlock;
import io.github.dl4jkfac.curvature.chain.TimeChainMath.Moments;
import io.github.dl4jkfac.curvature.kronecker.KroneckerBlock;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Both chain models against sums over all pairs of time steps, written out; masks and lengths. */
class TimeChainBlockTest {

    private static final int INPUTS = 3;
    private static final int OUTPUTS = 2;

    private static BlockShape shape(boolean bias) {
        return BlockShape.of(ParameterKind.RECURRENT, INPUTS, OUTPUTS, bias);
    }

    private static TestBlock block(SingleKind type, OuterProductRows... batches) {
        TestBlock block =
                TestBlock.of(type, shape(true), 0.95, batches[0].derivatives().dataType());
        for (OuterProductRows batch : batches) {
            block.block().update(batch);
        }
        return block;
    }

    /** Without bias; made of moments, which are of one step, and of the numbers of pairs. */
    private static TestBlock block(SingleKind type, Moments a, Moments g, double[] pairs) {
        TestBlock block = TestBlock.of(type, shape(false), 0.95, DataType.DOUBLE);
        block.state().get("A").assign(a.zero());
        block.state().get("A_lag").assign(a.lag());
        block.state().get("G").assign(g.zero().mul(pairs[0]));
        block.state().get("G_lag").assign(g.lag().mul(pairs[0]));
        for (int d = 0; type == TimeChainBlock.SYMMETRIC && d < LagCounts.LAGS; d++) {
            block.state().get("lag_counts").putScalar(d, 0, pairs[d]);
        }
        block.state().setStatistics(1);
        return block;
    }

    static Stream<SingleKind> types() {
        return Stream.of(TimeChainBlock.SYMMETRIC, TimeChainBlock.STATIONARY);
    }

    /** (T - d) for d = 0, 1, ... */
    private static double[] pairs(int length) {
        double[] pairs = new double[Math.max(length, LagCounts.LAGS)];
        for (int d = 0; d < length; d++) {
            pairs[d] = length - d;
        }
        return pairs;
    }

    private static INDArray solve(INDArray matrix, INDArray v) {
        return inverse(matrix).mmul(vec(v).transpose()).reshape('c', v.shape());
    }

    /** N sequences of T steps; in the weights zeros are masked. */
    private static OuterProductRows rows(long seed, int samples, int length, double... weights) {
        INDArray a = normal(seed, (long) samples * length, INPUTS);
        INDArray g = normal(seed + 1, (long) samples * length, OUTPUTS);
        if (weights.length == 0) {
            return OuterProductRows.of(InputSource.of(a.dup('f')), g.dup('f'), samples);
        }
        INDArray column = Nd4j.createFromArray(weights).reshape('c', weights.length, 1);
        double active = column.sumNumber().doubleValue();
        return new OuterProductRows(
                InputSource.of(a.dup('f')), g.mulColumnVector(column).dup('f'), column, active, samples);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void symmetricChainIsTheSumOverAllPairsOfSteps(int length) {
        Moments a = Moments.random(1, INPUTS, 0.9);
        Moments g = Moments.random(11, OUTPUTS, 0.9);
        INDArray fisher = allPairs(a.symmetrised(), g.symmetrised(), length);
        TestBlock chain = block(TimeChainBlock.SYMMETRIC, a, g, pairs(length));
        assertThat(error(chain.block().toDense(), fisher)).isLessThan(1e-12);

        chain.block().refresh(0);
        INDArray v = normal(5, INPUTS, OUTPUTS);
        assertThat(error(chain.precondition(v), solve(fisher, v))).isLessThan(1e-10);
    }

    @Test
    void symmetricChainOfSequencesOfSeveralLengthsIsTheMeanOfTheirSums() {
        Moments a = Moments.random(1, INPUTS, 0.8);
        Moments g = Moments.random(11, OUTPUTS, 0.8);
        double[] counts = new double[LagCounts.LAGS];
        INDArray fisher = Nd4j.zeros(DataType.DOUBLE, INPUTS * OUTPUTS, INPUTS * OUTPUTS);
        Map.of(1, 0.2, 4, 0.5, 9, 0.3).forEach((length, share) -> {
            for (int d = 0; d < length; d++) {
                counts[d] += share * (length - d);
            }
            fisher.addi(allPairs(a.symmetrised(), g.symmetrised(), length).mul(share));
        });
        TestBlock chain = block(TimeChainBlock.SYMMETRIC, a, g, counts);
        assertThat(error(chain.block().toDense(), fisher)).isLessThan(1e-12);

        chain.block().refresh(0);
        INDArray v = normal(5, INPUTS, OUTPUTS);
        assertThat(error(chain.precondition(v), solve(fisher, v))).isLessThan(1e-10);
    }

    @Test
    void lagsBeyondThoseKeptGoOnToTheEndOfTheSequences() {
        TestBlock chain = block(TimeChainBlock.SYMMETRIC, rows(1, 2, 700));
        LagCounts.Weights weights = new LagCounts(chain.state().get("lag_counts")).weights();
        double sum = 1;
        for (int d = 1; d < 700; d++) {
            assertThat(weights.at(d)).isCloseTo((700 - d) / 700.0, within(1e-12));
            sum += 2 * (700 - d) / 700.0 * Math.pow(0.999, d);
        }
        assertThat(weights.at(700)).isLessThan(1e-12);
        assertThat(weights.sum(0.999)).isCloseTo(sum, within(1e-9));
        assertThat(weights.sum(1)).isCloseTo(700, within(1e-9));
    }

    @Test
    void stationaryChainIsTheLimitOfLongSequences() {
        Moments a = Moments.random(1, INPUTS, 0.9);
        Moments g = Moments.random(11, OUTPUTS, 0.9);
        INDArray fisher = longSequences(a, g).mul(5);
        TestBlock chain = block(TimeChainBlock.STATIONARY, a, g, pairs(5));
        assertThat(error(chain.block().toDense(), fisher)).isLessThan(1e-10);
        double error20 = error(allPairs(a, g, 20).div(20), longSequences(a, g));
        double error40 = error(allPairs(a, g, 40).div(40), longSequences(a, g));
        assertThat(error40).isBetween(0.45 * error20, 0.55 * error20);

        chain.block().refresh(0);
        INDArray v = normal(5, INPUTS, OUTPUTS);
        assertThat(error(chain.precondition(v), solve(fisher, v))).isLessThan(1e-10);
    }

    @Test
    void dampingGoesIntoLagZeroAsInTheKroneckerBlock() {
        Moments a = Moments.random(1, INPUTS, 0.9);
        Moments g = Moments.random(11, OUTPUTS, 0.9);
        double pi = Math.sqrt((trace(a.zero()) / INPUTS) / (6 * trace(g.zero()) / OUTPUTS));
        double lambda = 0.3;
        Moments dampedA = a.damped(pi * Math.sqrt(lambda));
        Moments dampedG = g.damped(Math.sqrt(lambda) / pi / 6);
        INDArray v = normal(5, INPUTS, OUTPUTS);

        TestBlock symmetric = block(TimeChainBlock.SYMMETRIC, a, g, pairs(6));
        symmetric.block().refresh(lambda);
        INDArray finite = allPairs(dampedA.symmetrised(), dampedG.symmetrised(), 6);
        assertThat(error(symmetric.precondition(v), solve(finite, v))).isLessThan(1e-10);

        TestBlock stationary = block(TimeChainBlock.STATIONARY, a, g, pairs(6));
        stationary.block().refresh(lambda);
        INDArray infinite = longSequences(dampedA, dampedG).mul(6);
        assertThat(error(stationary.precondition(v), solve(infinite, v))).isLessThan(1e-10);
    }

    @ParameterizedTest
    @MethodSource("types")
    void momentsAreThoseOfNeighboursWithinSequences(SingleKind type) {
        // a full sequence, one that ends early, one with a gap
        OuterProductRows batch = rows(1, 3, 5, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1);
        TestBlock chain = block(type, batch);
        INDArray[] inputs = new INDArray[1];
        batch.inputs().forEachChunk((first, chunk) -> inputs[0] = chunk);
        int d = INPUTS + 1;
        INDArray zero = Nd4j.zeros(DataType.DOUBLE, d, d);
        INDArray lag = Nd4j.zeros(DataType.DOUBLE, d, d);
        INDArray lagOfOutputs = Nd4j.zeros(DataType.DOUBLE, OUTPUTS, OUTPUTS);
        for (int row : new int[] {0, 1, 2, 3, 4, 5, 6, 10, 11, 13, 14}) {
            INDArray now = abar(inputs[0], row);
            zero.addi(now.mmul(now.transpose()).div(11));
        }
        for (int row : new int[] {1, 2, 3, 4, 6, 11, 14}) {
            lag.addi(abar(inputs[0], row)
                    .mmul(abar(inputs[0], row - 1).transpose())
                    .div(11));
            INDArray g = batch.derivatives();
            lagOfOutputs.addi(g.getRow(row, true)
                    .transpose()
                    .mmul(g.getRow(row - 1, true))
                    .div(3));
        }
        assertThat(error(symmetric(chain.state().get("A")), zero)).isLessThan(1e-14);
        assertThat(error(chain.state().get("A_lag"), lag)).isLessThan(1e-14);
        assertThat(error(chain.state().get("G_lag"), lagOfOutputs)).isLessThan(1e-14);
        INDArray g = batch.derivatives();
        assertThat(error(
                        symmetric(chain.state().get("G")), g.transpose().mmul(g).div(3)))
                .isLessThan(1e-14);
        if (type == TimeChainBlock.SYMMETRIC) {
            // lengths 5, 2, 2, 2 in three samples
            INDArray counts = chain.state().get("lag_counts");
            double[] expected = {11 / 3.0, 7 / 3.0, 1, 2 / 3.0, 1 / 3.0, 0};
            for (int k = 0; k < expected.length; k++) {
                assertThat(counts.getDouble(k, 0)).isCloseTo(expected[k], within(1e-12));
            }
        }
    }

    private static INDArray abar(INDArray inputs, int row) {
        return Nd4j.vstack(inputs.getRow(row, true).transpose(), Nd4j.ones(DataType.DOUBLE, 1, 1));
    }

    @ParameterizedTest
    @MethodSource("types")
    void sequencesOfOneStepMakeAKroneckerBlock(SingleKind type) {
        OuterProductRows batch = rows(1, 30, 1);
        TestBlock chain = block(type, batch);
        TestBlock kronecker = block(KroneckerBlock.TYPE, batch);
        assertThat(error(chain.block().toDense(), kronecker.block().toDense())).isLessThan(1e-12);
        assertPreconditionsAsKronecker(chain, kronecker);
    }

    @ParameterizedTest
    @MethodSource("types")
    void withoutCorrelationsBetweenStepsItIsAKroneckerBlock(SingleKind type) {
        OuterProductRows first = rows(1, 6, 3, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0);
        OuterProductRows second = rows(31, 2, 7);
        TestBlock chain = block(type, first, second);
        chain.state().get("A_lag").assign(0);
        chain.state().get("G_lag").assign(0);
        assertPreconditionsAsKronecker(chain, block(KroneckerBlock.TYPE, first, second));
    }

    private static void assertPreconditionsAsKronecker(TestBlock chain, TestBlock kronecker) {
        for (double damping : new double[] {1e-4, 0.1, 10}) {
            chain.block().refresh(damping);
            kronecker.block().refresh(damping);
            INDArray v = normal(5, INPUTS + 1, OUTPUTS);
            assertThat(error(chain.precondition(v), kronecker.precondition(v))).isLessThan(1e-10);
        }
    }

    /** The model's own assumptions hold here: a and g are independent chains, so the block is F but for sampling. */
    @ParameterizedTest
    @MethodSource("types")
    void itFindsTheFisherMatrixOfAChainWhereIndependenceOverTimeDoesNot(SingleKind type) {
        int samples = 4000;
        int length = 40;
        double[][] symmetric = {{0.8, 0.1}, {0.1, 0.7}};
        double[][] turning = {{0.8, 0.4}, {-0.4, 0.8}};
        double[][] step = type == TimeChainBlock.SYMMETRIC ? symmetric : turning;
        double[][] a = autoregression(1, step, samples, length);
        double[][] g = autoregression(2, step, samples, length);
        INDArray fisher = fisher(a, g, samples);
        BlockShape shape = BlockShape.of(ParameterKind.RECURRENT, 2, 2, false);
        INDArray inputs = Nd4j.createFromArray(a).dup('f');
        OuterProductRows batch = OuterProductRows.of(
                InputSource.of(inputs), Nd4j.createFromArray(g).dup('f'), samples);
        assertThat(error(TestBlock.of(type, shape, batch).block().toDense(), fisher))
                .isLessThan(0.2);
        assertThat(error(TestBlock.of(KroneckerBlock.TYPE, shape, batch).block().toDense(), fisher))
                .isGreaterThan(0.5);
    }

    /** x_(t+1) = step x_t + noise; rows n T + t. */
    private static double[][] autoregression(long seed, double[][] step, int samples, int length) {
        Random random = new Random(seed);
        double[][] rows = new double[samples * length][2];
        for (int n = 0; n < samples; n++) {
            double[] x = {0, 0};
            for (int t = -30; t < length; t++) {
                x = new double[] {
                    step[0][0] * x[0] + step[0][1] * x[1] + random.nextGaussian(),
                    step[1][0] * x[0] + step[1][1] * x[1] + random.nextGaussian()
                };
                if (t >= 0) {
                    rows[n * length + t] = x;
                }
            }
        }
        return rows;
    }

    private static INDArray fisher(double[][] inputs, double[][] derivatives, int samples) {
        int length = inputs.length / samples;
        double[][] gradients = new double[samples][4];
        for (int row = 0; row < inputs.length; row++) {
            for (int k = 0; k < 4; k++) {
                gradients[row / length][k] += inputs[row][k / 2] * derivatives[row][k % 2];
            }
        }
        INDArray u = Nd4j.createFromArray(gradients);
        return u.transpose().mmul(u).div(samples);
    }

    @ParameterizedTest
    @MethodSource("types")
    void preconditioningGivesADescentDirectionEvenWhereStepsRepeatThemselves(SingleKind type) {
        INDArray a = Nd4j.ones(DataType.DOUBLE, 20, INPUTS).dup('f');
        INDArray g = Nd4j.ones(DataType.DOUBLE, 20, OUTPUTS).dup('f');
        for (int row = 1; row < 20; row += 2) {
            g.getRow(row).negi(); // alternating: the sum over the steps is zero
        }
        TestBlock chain = block(type, OuterProductRows.of(InputSource.of(a), g, 1));
        for (double damping : new double[] {0, 1e-8, 1e-3, 1}) {
            chain.block().refresh(damping);
            for (int k = 0; k < 10; k++) {
                INDArray v = normal(100 + k, INPUTS + 1, OUTPUTS);
                INDArray u = chain.precondition(v);
                assertThat(Finite.isFinite(u)).isTrue();
                assertThat(inner(u, v)).isPositive();
            }
        }
        chain.block().refresh(1e-3);
        double independent = 1 / 1e-3;
        assertThat(chain.precondition(normal(3, INPUTS + 1, OUTPUTS))
                                .norm2Number()
                                .doubleValue()
                        / normal(3, INPUTS + 1, OUTPUTS).norm2Number().doubleValue())
                .isLessThan(4 / SymmetricTimeChain.FLOOR * independent);
    }
}
