package io.github.dl4jkfac.state;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** Numbers of a network in the updater state of a layer that belongs to nothing. */
public final class ScalarsInMemory {

    private ScalarsInMemory() {}

    /** {@return numbers none of which has been written, in float32} */
    public static NetworkScalars create() {
        StateLayout layout = StateLayout.curvature(
                "dense",
                List.of(new BlockLayout("Kronecker", 4, 2, true, List.of(Slice.moment("A", 4, Slice.Weight.ROWS)))),
                List.of(6L, 2L));
        return new NetworkScalars(
                List.of(new LayerState(layout, Nd4j.zeros(DataType.FLOAT, layout.stateSize(6) + layout.stateSize(2)))));
    }
}
