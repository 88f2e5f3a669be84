package io.github.dl4jkfac.samplespace;

import static io.github.dl4jkfac.samplespace.LayerBatch.J;
import static io.github.dl4jkfac.samplespace.LayerBatch.K;
import static io.github.dl4jkfac.samplespace.LayerBatch.LAYERS;
import static io.github.dl4jkfac.samplespace.LayerBatch.MEAN;
import static io.github.dl4jkfac.samplespace.LayerBatch.N;
import static io.github.dl4jkfac.samplespace.LayerBatch.ROWS;
import static io.github.dl4jkfac.samplespace.LayerBatch.S;
import static io.github.dl4jkfac.samplespace.LayerBatch.inverseRoots;
import static io.github.dl4jkfac.samplespace.LayerBatch.part;
import static io.github.dl4jkfac.samplespace.LayerBatch.solved;
import static io.github.dl4jkfac.samplespace.LayerBatch.space;
import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.inner;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static io.github.dl4jkfac.testing.TestNetworks.trace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.samplespace.RowCases.RowCase;
import io.github.dl4jkfac.testing.LogCapture;
import io.github.dl4jkfac.testing.Recorder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Steps in the space of samples against dense matrices over the parameters. Numbers as V20 are those of the design's checks. */
class SampleSpaceTest {

    private static final double EXACT = 1e-10;

    private static INDArray any(long seed) {
        return normal(seed, 1, J.size(1));
    }

    @Test
    void allKindsOfLayersAreThere() {
        assertThat(LAYERS).hasSize(6);
        assertThat(J.size(1)).isBetween(100L, 300L);
    }

    /** V20c: for a v that has nothing to do with the rows. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-4, 0.02, 1, 100})
    void anyGradientIsMultipliedWithTheDampedInverse(double lambda) {
        for (SampleMethod method : List.of(SampleMethod.FISHER, SampleMethod.EMPIRICAL_FISHER)) {
            INDArray step = space(method).step(ROWS, null, lambda, any(31));
            assertThat(error(step, solved(J, lambda, any(31)))).as("%s", method).isLessThan(EXACT);
        }
    }

    /** V20a, by the dense inverse as far as that can be had, and for any damping by the identity. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-13, 1e-9, 1e-5, 0.02, 1, 100})
    void theLossesOwnGradientTakesNoDifferences(double lambda) {
        INDArray step = space(SampleMethod.EMPIRICAL_FISHER).step(ROWS, null, lambda, MEAN);
        INDArray coefficients = inverse(plusDiagonal(K, N * lambda)).mmul(Nd4j.ones(DataType.DOUBLE, N, 1));
        assertThat(error(step, J.transpose().mmul(coefficients).transpose())).isLessThan(EXACT);
        if (lambda > 1e-3) {
            assertThat(error(step, solved(J, lambda, MEAN))).isLessThan(EXACT);
        }
    }

    /** A remainder of the size of rounding is none, but 1 / lambda is large: nothing may hang on the last digit of a gradient. */
    @Test
    void aRemainderOutgrowsRoundingWithoutAJump() {
        double lambda = 1e-13;
        double length = MEAN.norm2Number().doubleValue();
        INDArray direction = any(33).muli(length / any(33).norm2Number().doubleValue());
        INDArray last = null;
        for (int i = -10; i <= 10; i++) {
            INDArray v = MEAN.add(direction.mul(1e-12 + i * 1e-15));
            INDArray step = space(SampleMethod.EMPIRICAL_FISHER).step(ROWS, null, lambda, v);
            if (last != null) {
                // twice the difference of the remainders over lambda, and some rounding of the means
                assertThat(step.sub(last).norm2Number().doubleValue()).isLessThan(0.1 * length);
            }
            last = step;
        }
    }

    @Test
    void weightDecayGoesThroughTheSameInverse() {
        INDArray v = MEAN.add(any(32).mul(0.01));
        INDArray step = space(SampleMethod.EMPIRICAL_FISHER).step(ROWS, null, 0.02, v);
        assertThat(error(step, solved(J, 0.02, v))).isLessThan(EXACT);
    }

    @ParameterizedTest
    @EnumSource(
            value = SampleMethod.class,
            names = {"FISHER", "EMPIRICAL_FISHER"})
    void layersMayHaveTheirOwnDamping(SampleMethod method) {
        List<Double> damping = List.of(0.02, 0.5, 0.02, 3.0, 0.5, 0.1);
        INDArray fisher = J.transpose().mmul(J).divi(N);
        int at = 0;
        for (int i = 0; i < LAYERS.size(); i++) {
            for (long end = at + LAYERS.get(i).shape().parameters(); at < end; at++) {
                fisher.putScalar(at, at, fisher.getDouble(at, at) + damping.get(i));
            }
        }
        INDArray v = MEAN.add(any(33).mul(0.1));
        INDArray step = space(method).step(ROWS, null, damping, v);
        assertThat(error(step, v.mmul(inverse(fisher)))).isLessThan(EXACT);
        INDArray ofMean = space(method).step(ROWS, null, damping, MEAN);
        assertThat(error(ofMean, MEAN.mmul(inverse(fisher)))).isLessThan(EXACT);
    }

    /** Wu et al. (2024, eq. 8); their lambda is N times ours. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-12, 1e-5, 0.02, 10})
    void improvedEmpiricalFisher(double lambda) {
        INDArray step = space(SampleMethod.IMPROVED_EMPIRICAL_FISHER).step(ROWS, S, lambda, MEAN);
        INDArray expected =
                J.transpose().mmul(inverse(plusDiagonal(K, N * lambda)).mmul(S));
        assertThat(error(step, expected.transpose())).isLessThan(EXACT);
    }

    /** V21c: Tikhonov damping of J^T diag(s)^-1 J / N. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-3, 0.02, 10})
    void improvedEmpiricalFisherWithTikhonovDamping(double lambda) {
        INDArray step = space(SampleMethod.IMPROVED_EMPIRICAL_FISHER_TIKHONOV).step(ROWS, S, lambda, MEAN);
        assertThat(error(step, solved(J.mulColumnVector(inverseRoots()), lambda, MEAN)))
                .isLessThan(EXACT);
        INDArray damped = K.add(Nd4j.diag(S.reshape(new long[] {N})).mul(N * lambda));
        INDArray expected = J.transpose().mmul(inverse(damped).mmul(S));
        assertThat(error(step, expected.transpose())).isLessThan(EXACT);
    }

    /** V21a: undamped, each sample's loss changes as its gradient at the outputs is steep; with EF all change alike. */
    @Test
    void changesOfTheSamplesLosses() {
        INDArray ones = Nd4j.ones(DataType.DOUBLE, N, 1);
        for (SampleMethod method : SampleMethod.values()) {
            if (method != SampleMethod.FISHER) {
                INDArray step = space(method).step(ROWS, S, 0, MEAN);
                INDArray changes = J.mmul(step.transpose());
                assertThat(error(changes, method.needsOutputNorms() ? S : ones))
                        .as("%s", method)
                        .isLessThan(EXACT);
            }
        }
    }

    @Test
    void clippingAndWeightDecayPassThroughIef() {
        for (SampleMethod method :
                List.of(SampleMethod.IMPROVED_EMPIRICAL_FISHER, SampleMethod.IMPROVED_EMPIRICAL_FISHER_TIKHONOV)) {
            TestSpace space = space(method);
            INDArray step = space.step(ROWS, S, 0.02, MEAN);
            assertThat(error(space.step(ROWS, S, 0.02, MEAN.mul(0.3)), step.mul(0.3)))
                    .as("clipped")
                    .isLessThan(EXACT);
            INDArray decay = orthogonalToMeans(any(34));
            assertThat(error(space.step(ROWS, S, 0.02, MEAN.add(decay)), step.add(decay)))
                    .as("with weight decay")
                    .isLessThan(EXACT);
            INDArray steeper = MEAN.mul(3);
            assertThat(error(space.step(ROWS, S, 0.02, steeper), step.add(MEAN.mul(2))))
                    .as("more than the loss's gradient")
                    .isLessThan(EXACT);
            assertThat(space.step(ROWS, S, 0.02, MEAN.mul(0)).norm2Number().doubleValue())
                    .as("no gradient")
                    .isZero();
        }
    }

    /** Two samples whose gradients are opposed: with the weight on the smaller one, the mean gradient's sample goes uphill. */
    @Test
    void aStepUphillIsLeftOut() {
        OuterProductRows rows = OuterProductRows.of(
                InputSource.of(Nd4j.create(new double[][] {{1}, {-3}})),
                Nd4j.ones(DataType.DOUBLE, 2, 1).dup('f'),
                2);
        TestSpace space = TestSpace.of(
                new SampleSpaceKind(SampleMethod.IMPROVED_EMPIRICAL_FISHER, 0),
                List.of(BlockShape.of(ParameterKind.DENSE, 1, 1, false)),
                DataType.DOUBLE);
        INDArray mean = Nd4j.create(new double[][] {{-1}});
        INDArray fitted = Nd4j.create(new double[][] {{1}, {1e-6}});
        INDArray both = Nd4j.create(new double[][] {{1}, {9}});
        try (LogCapture log = new LogCapture()) {
            for (int round = 0; round < 2; round++) {
                assertThat(space.step(List.of(rows), fitted, 10, mean).getDouble(0))
                        .isZero();
                assertThat(space.step(List.of(rows), both, 10, mean).getDouble(0))
                        .isNegative();
            }
            assertThat(log.warnings()).hasSize(1);
        }
    }

    private static INDArray orthogonalToMeans(INDArray vector) {
        INDArray result = vector.dup();
        int at = 0;
        for (RowCase layer : LAYERS) {
            int end = at + (int) layer.shape().parameters();
            INDArray mean = part(MEAN, at, end);
            INDArray own = part(result, at, end);
            double share = inner(own, mean) / inner(mean, mean);
            for (int i = at; i < end; i++) {
                result.putScalar(0, i, result.getDouble(0, i) - share * MEAN.getDouble(0, i));
            }
            at = end;
        }
        return result;
    }

    @ParameterizedTest
    @EnumSource(SampleMethod.class)
    void relativeDampingIsAShareOfTheMeanDiagonal(SampleMethod method) {
        boolean tikhonov = method == SampleMethod.IMPROVED_EMPIRICAL_FISHER_TIKHONOV;
        double mean = trace(tikhonov ? K.mulColumnVector(inverseRoots()).muliColumnVector(inverseRoots()) : K) / N;
        INDArray relative = space(method, 0.1).step(ROWS, S, 0.02, MEAN);
        INDArray absolute = space(method).step(ROWS, S, 0.02 + 0.1 * mean / N, MEAN);
        assertThat(error(relative, absolute)).isLessThan(EXACT);
    }

    @ParameterizedTest
    @EnumSource(SampleMethod.class)
    void withRelativeDampingTheLossMayBeScaled(SampleMethod method) {
        TestSpace space = TestSpace.of(new SampleSpaceKind(method, 0.1), LAYERS.subList(0, 1));
        OuterProductRows rows = (OuterProductRows) LAYERS.get(0).rows();
        INDArray v = part(method == SampleMethod.FISHER ? any(35) : MEAN, 0, 15);
        double k = 1e4;
        OuterProductRows scaled =
                OuterProductRows.of(rows.inputs(), rows.derivatives().mul(k).dup('f'), N);
        INDArray step = space.step(List.of(rows), S, 0, v);
        INDArray after = space.step(List.of(scaled), S.mul(k * k), 0, v.mul(k));
        double factor = after.norm2Number().doubleValue() / step.norm2Number().doubleValue();
        assertThat(error(after, step.mul(factor))).as("direction").isLessThan(EXACT);
        assertThat(factor * (method.needsOutputNorms() ? 1 / k : k))
                .as("length")
                .isCloseTo(1, offset(1e-10));
    }

    @ParameterizedTest
    @EnumSource(SampleMethod.class)
    void theBatchTwiceIsTheBatch(SampleMethod method) {
        RowCase dense = LAYERS.get(0);
        OuterProductRows rows = (OuterProductRows) dense.rows();
        INDArray a = Recorder.inputs(rows);
        OuterProductRows twice = OuterProductRows.of(
                InputSource.of(Nd4j.vstack(a, a)),
                Nd4j.vstack(rows.derivatives(), rows.derivatives()).dup('f'),
                2 * N);
        INDArray v = part(MEAN, 0, 15);
        INDArray once =
                TestSpace.of(new SampleSpaceKind(method, 0), List.of(dense)).step(List.of(rows), S, 0.02, v);
        INDArray again = TestSpace.of(new SampleSpaceKind(method, 0), List.of(dense))
                .step(List.of(twice), Nd4j.vstack(S, S), 0.02, v);
        assertThat(error(again, once)).isLessThan(EXACT);
    }
}
