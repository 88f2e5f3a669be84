package io.github.dl4jkfac.curvature.rows;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dl4jkfac.testing.Recorder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Rows of several passes over the same inputs. What blocks make of them is in their contract. */
class RepeatedInputsTest {

    @Test
    void chunksComeInTheOrderOfThePasses() {
        INDArray matrix = normal(1, 6, 4);
        InputSource rows = new RepeatedInputs(new PiecewiseInputs(matrix, 4, true), 3);
        List<Long> starts = new ArrayList<>();
        List<INDArray> chunks = new ArrayList<>();
        rows.forEachChunk((first, chunk) -> {
            starts.add(first);
            chunks.add(chunk.dup());
        });
        assertThat(starts).containsExactly(0L, 4L, 6L, 10L, 12L, 16L);
        INDArray once = Nd4j.hstack(matrix, Nd4j.ones(DataType.DOUBLE, 6, 1));
        assertThat(error(Nd4j.vstack(chunks.toArray(INDArray[]::new)), Nd4j.vstack(once, once, once)))
                .isZero();
        assertThat(rows.rows()).isEqualTo(18);
        assertThat(rows.columns()).isEqualTo(4);
        assertThat(rows.homogeneous()).isTrue();
        assertThat(rows.type()).isEqualTo(DataType.DOUBLE);
        assertThat(rows.magnitude()).isFinite();
    }

    @Test
    void inputsThatAreNotFiniteAreFound() {
        INDArray matrix = normal(1, 6, 4);
        matrix.putScalar(3, 1, Double.NaN);
        assertThat(new RepeatedInputs(InputSource.of(matrix), 2).magnitude()).isNaN();
    }

    @Test
    void thereIsAtLeastOneTime() {
        InputSource base = InputSource.of(normal(1, 6, 4));
        assertThatThrownBy(() -> new RepeatedInputs(base, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got 0");
    }

    @Test
    void inputsOnceAreThoseOfOnePass() {
        INDArray weights = Nd4j.createFromArray(1.0, 0, 1, 1, 0, 1).reshape('c', 6, 1);
        OuterProductRows one = new OuterProductRows(InputSource.of(normal(1, 6, 4)), normal(2, 6, 3), weights, 4, 3);
        OuterProductRows all = (OuterProductRows) one.repeated(5, List.of(normal(3, 30, 3)));
        assertThat(all.samples()).isEqualTo(15);
        assertThat(all.active()).isEqualTo(20);
        assertThat(all.positions()).isEqualTo(2);
        assertThat(all.weights().sumNumber().doubleValue()).isEqualTo(20);
        OuterProductRows once = all.inputsOnce();
        assertThat(once.inputs()).isSameAs(one.inputs());
        assertThat(once.samples()).isEqualTo(3);
        assertThat(once.active()).isEqualTo(4);
        assertThat(once.weights()).isEqualTo(weights);
        assertThat(one.inputsOnce()).isSameAs(one);
        assertThat(Recorder.inputs(all).size(0)).isEqualTo(30);
    }

    @Test
    void aBiasAloneHasTheDerivativesOfAllPasses() {
        OuterProductRows one = OuterProductRows.of(InputSource.of(normal(1, 6, 4)), normal(2, 6, 3), 3);
        INDArray derivatives = normal(3, 12, 3).dup('f');
        OuterProductRows bias = (OuterProductRows)
                one.repeated(2, List.of(derivatives)).weightsOnly().biasOnly();
        assertThat(bias.samples()).isEqualTo(6);
        assertThat(error(
                        bias.derivatives(),
                        derivatives.dup('f').reshape('f', 2, 6, 3).sum(0)))
                .isLessThan(1e-15);
    }

    @Test
    void lookupsAreRepeated() {
        INDArray weights = Nd4j.createFromArray(1.0, 0, 1, 1).reshape('c', 4, 1);
        LookupRows one = new LookupRows(new int[] {3, 1, 0, 3}, normal(1, 4, 2), weights, 3, 2);
        INDArray derivatives = normal(2, 8, 2);
        LookupRows both = (LookupRows) one.repeated(2, List.of(derivatives));
        assertThat(both.indices()).containsExactly(3, 1, 0, 3, 3, 1, 0, 3);
        assertThat(both.weights().toDoubleVector()).containsExactly(1, 0, 1, 1, 1, 0, 1, 1);
        assertThat(both.derivatives()).isSameAs(derivatives);
        assertThat(both.active()).isEqualTo(6);
        assertThat(both.samples()).isEqualTo(4);
    }

    @Test
    void gradientsOfSamplesAreTheirOwnDerivatives() {
        SampleGradients one = new SampleGradients(List.of(normal(1, 4, 2), normal(2, 4, 2)));
        assertThat(one.derivativeMatrices()).isEqualTo(one.gradients());
        List<INDArray> joined = List.of(normal(3, 12, 2), normal(4, 12, 2));
        BatchRows repeated = one.repeated(3, joined);
        assertThat(repeated.samples()).isEqualTo(12);
        assertThat(((SampleGradients) repeated).gradients()).isEqualTo(joined);
    }
}
