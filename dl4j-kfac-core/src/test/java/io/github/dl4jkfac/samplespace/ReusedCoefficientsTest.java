package io.github.dl4jkfac.samplespace;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** FNGD: the first epoch's coefficients, used again (Ou et al. 2024). */
class ReusedCoefficientsTest {

    private static final double EXACT = 1e-12;
    private static final double LAMBDA = 0.3;
    private static final BlockShape SHAPE = BlockShape.of(ParameterKind.DENSE, 3, 2, true);

    private static TestSpace space(CoefficientSharing sharing, int samplesPerEpoch) {
        SampleSpaceKind kind = new SampleSpaceKind(SampleMethod.EMPIRICAL_FISHER, 0, sharing, samplesPerEpoch);
        return TestSpace.of(kind, List.of(SHAPE), DataType.DOUBLE);
    }

    private static OuterProductRows batch(long seed, int samples) {
        return OuterProductRows.of(
                InputSource.of(normal(seed, samples, 3)),
                normal(seed + 100, samples, 2).dup('f'),
                samples);
    }

    private static INDArray gradients(BatchRows rows) {
        return BruteForce.gradients(rows, SHAPE);
    }

    /** c = (K + N lambda I)^-1 1. */
    private static INDArray coefficients(BatchRows rows) {
        INDArray j = gradients(rows);
        return inverse(plusDiagonal(j.mmul(j.transpose()), rows.samples() * LAMBDA))
                .mmul(Nd4j.ones(DataType.DOUBLE, rows.samples(), 1));
    }

    private static INDArray step(TestSpace space, BatchRows rows) {
        return space.step(List.of(rows), null, LAMBDA, gradients(rows).mean(true, 0));
    }

    private static INDArray weighted(BatchRows rows, INDArray coefficients) {
        return gradients(rows).transpose().mmul(coefficients).transpose();
    }

    /** V23, in Ou et al.'s form: (1 - (lambda I + K/N)^-1 (K/N) 1) / (N lambda). */
    @ParameterizedTest
    @EnumSource(CoefficientSharing.class)
    void theFirstEpochIsTheExactStep(CoefficientSharing sharing) {
        TestSpace space = space(sharing, 9);
        for (long seed = 1; seed <= 2; seed++) {
            BatchRows rows = batch(seed, 4);
            INDArray j = gradients(rows);
            INDArray mean = j.mmul(j.transpose()).divi(4);
            INDArray ones = Nd4j.ones(DataType.DOUBLE, 4, 1);
            INDArray paper = ones.sub(inverse(plusDiagonal(mean, LAMBDA)).mmul(mean.mmul(ones)))
                    .div(4 * LAMBDA);
            assertThat(error(step(space, rows), weighted(rows, paper))).isLessThan(EXACT);
            assertThat(error(coefficients(rows), paper)).isLessThan(EXACT);
        }
    }

    @Test
    void byOrderEverySampleKeepsItsOwn() {
        TestSpace space = space(CoefficientSharing.ORDER, 10);
        List<INDArray> kept = List.of(
                coefficients(batch(1, 4)).mul(4),
                coefficients(batch(2, 4)).mul(4),
                coefficients(batch(3, 2)).mul(2));
        for (int b = 0; b < 3; b++) {
            step(space, batch(b + 1, b < 2 ? 4 : 2));
        }
        for (int epoch = 0; epoch < 2; epoch++) {
            for (int b = 0; b < 3; b++) {
                int samples = b < 2 ? 4 : 2;
                BatchRows later = batch(50 + 10 * epoch + b, samples);
                assertThat(error(step(space, later), weighted(later, kept.get(b).div(samples))))
                        .as("epoch %d, batch %d", epoch, b)
                        .isLessThan(EXACT);
            }
        }
        BatchRows whole = batch(70, 10); // batches may be put together differently
        INDArray all = Nd4j.vstack(kept.get(0), kept.get(1), kept.get(2)).div(10);
        assertThat(error(step(space, whole), weighted(whole, all))).isLessThan(EXACT);
    }

    @Test
    void byPositionPlacesAreAveraged() {
        TestSpace space = space(CoefficientSharing.POSITION, 10);
        INDArray first = coefficients(batch(1, 4)).mul(4);
        INDArray second = coefficients(batch(2, 4)).mul(4);
        INDArray third = coefficients(batch(3, 2)).mul(2);
        step(space, batch(1, 4));
        step(space, batch(2, 4));
        step(space, batch(3, 2));
        INDArray sums = first.add(second);
        sums.putScalar(0, 0, (sums.getDouble(0, 0) + third.getDouble(0, 0)) / 3);
        sums.putScalar(1, 0, (sums.getDouble(1, 0) + third.getDouble(1, 0)) / 3);
        sums.putScalar(2, 0, sums.getDouble(2, 0) / 2);
        sums.putScalar(3, 0, sums.getDouble(3, 0) / 2);
        for (int b = 0; b < 3; b++) {
            BatchRows later = batch(50 + b, 4);
            assertThat(error(step(space, later), weighted(later, sums.div(4)))).isLessThan(EXACT);
        }
        BatchRows larger = batch(60, 5); // a place that the first epoch has not had
        INDArray mean = sums.mean(true, 0);
        assertThat(error(
                        step(space, larger),
                        weighted(larger, Nd4j.vstack(sums, mean).div(5))))
                .isLessThan(EXACT);
    }

    @ParameterizedTest
    @EnumSource(CoefficientSharing.class)
    void aResumedRunGoesOnBitForBit(CoefficientSharing sharing) {
        TestSpace space = space(sharing, 10);
        for (int b = 1; b <= 8; b++) {
            TestSpace resumed = space.copy();
            INDArray expected = step(space, batch(b, 4));
            assertThat(step(resumed, batch(b, 4))).isEqualTo(expected);
            assertThat(resumed.views()).isEqualTo(space.views());
        }
    }

    @Test
    void weightDecayPassesAsItIs() {
        TestSpace space = space(CoefficientSharing.POSITION, 4);
        step(space, batch(1, 4));
        BatchRows later = batch(2, 4);
        INDArray mean = gradients(later).mean(true, 0);
        INDArray decay = normal(5, 1, 8);
        decay.subi(mean.mul(decay.mul(mean).sumNumber().doubleValue()
                / mean.mul(mean).sumNumber().doubleValue()));
        INDArray step = step(space, later);
        assertThat(error(space.step(List.of(later), null, LAMBDA, mean.add(decay)), step.add(decay)))
                .isLessThan(EXACT);
    }
}
