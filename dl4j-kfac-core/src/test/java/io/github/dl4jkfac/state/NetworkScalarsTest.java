package io.github.dl4jkfac.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.state.NetworkScalars.Scalar;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class NetworkScalarsTest {

    private static final StateLayout LAYOUT = StateLayout.curvature(
            "dense",
            List.of(new BlockLayout("Kronecker", 4, 2, true, List.of(Slice.moment("A", 4, Slice.Weight.ROWS)))),
            List.of(6L, 2L));

    private static LayerState layer() {
        return new LayerState(LAYOUT, Nd4j.zeros(DataType.FLOAT, LAYOUT.stateSize(6) + LAYOUT.stateSize(2)));
    }

    @Test
    void everyLayerKeepsThemAll() {
        LayerState first = layer();
        LayerState second = layer();
        NetworkScalars scalars = new NetworkScalars(List.of(first, second));
        assertThat(scalars.get(Scalar.DAMPING_FACTOR, 1)).isEqualTo(1);
        scalars.set(Scalar.DAMPING_FACTOR, 0.25);
        assertThat(new NetworkScalars(List.of(second)).get(Scalar.DAMPING_FACTOR, 1))
                .isEqualTo(0.25);
        LayerState third = layer();
        third.copy(first);
        assertThat(new NetworkScalars(List.of(third)).get(Scalar.DAMPING_FACTOR, 1))
                .isEqualTo(0.25);
    }

    @Test
    void nothingElseIsWritten() {
        LayerState layer = layer();
        new NetworkScalars(List.of(layer)).set(Scalar.DAMPING_FACTOR, 3);
        assertThat(layer.steps()).isZero();
        assertThat(layer.blocks().get(0).statistics()).isZero();
        assertThat(layer.blocks().get(0).refreshes()).isZero();
        INDArray a = layer.blocks().get(0).get("A");
        assertThat(a.norm1Number().doubleValue()).isZero();
        assertThat(layer.isUnsigned()).isTrue();
    }
}
