package io.github.dl4jkfac.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class LayerStateTest {

    private static final StateLayout LAYOUT = StateLayout.curvature(
            "dense",
            List.of(new BlockLayout(
                    "Kronecker",
                    4,
                    2,
                    true,
                    List.of(
                            Slice.moment("A", 4, Slice.Weight.ROWS),
                            Slice.moment("G", 2, Slice.Weight.SAMPLES),
                            Slice.derived("A_inverse", 4, 4),
                            Slice.derived("G_inverse", 2, 2)))),
            List.of(6L, 2L));

    private static INDArray view(DataType type) {
        return Nd4j.zeros(type, LAYOUT.stateSize(6) + LAYOUT.stateSize(2));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, (1L << 20) - 1, 1L << 20, (1L << 24) + 1, 123_456_789_012L})
    void countersAreExactInFloat(long count) {
        INDArray view = view(DataType.FLOAT);
        LayerState state = new LayerState(LAYOUT, view);
        state.setSteps(count);
        state.blocks().get(0).setStatistics(count + 5);
        assertThat(state.steps()).isEqualTo(count);
        assertThat(state.blocks().get(0).statistics()).isEqualTo(count + 5);
        assertThat(new LayerState(LAYOUT, view.dup()).steps()).isEqualTo(count);
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE"})
    void slicesAreViewsThatDoNotOverlap(DataType type) {
        INDArray view = view(type);
        LayerState state = new LayerState(LAYOUT, view);
        BlockState block = state.blocks().get(0);
        block.momentum().assign(1);
        block.get("A").assign(2);
        block.get("G").assign(3);
        block.get("A_inverse").assign(4);
        block.get("G_inverse").assign(5);
        state.setSteps(7);
        block.setStatistics(8);
        assertThat(block.momentum().shape()).containsExactly(4, 2);
        assertThat(block.get("A").shape()).containsExactly(4, 4);
        assertThat(block.get("G").shape()).containsExactly(2, 2);
        double expected = 8 + 2 * 16 + 3 * 4 + 4 * 16 + 5 * 4 + 7 + 8;
        assertThat(view.sumNumber().doubleValue()).isEqualTo(expected);
        assertThat(block.momentum().sumNumber().doubleValue()).isEqualTo(8);
        state.clear();
        assertThat(view.sumNumber().doubleValue()).isZero();
        assertThat(state.steps()).isZero();
    }

    @Test
    void theViewIsAsLongAsTheLayoutSays() {
        assertThat(view(DataType.FLOAT).length())
                .isEqualTo(8 + 6 + NetworkScalars.SIZE + 2 * (16 + 4) + 1 + StateLabel.SIZE);
        assertThatThrownBy(() -> new LayerState(LAYOUT, Nd4j.zeros(DataType.FLOAT, 20)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'dense'")
                .hasMessageContaining("20")
                .hasMessageContaining(String.valueOf(55 + NetworkScalars.SIZE + StateLabel.SIZE));
        assertThatThrownBy(() -> new LayerState(LAYOUT, null)).isInstanceOf(IllegalStateException.class);
    }
}
