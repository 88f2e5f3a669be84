package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.LayerState;
import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.StateLayout;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A block together with the flat state view behind it. */
public record TestBlock(
        SingleKind type, BlockShape shape, double decay, INDArray view, BlockState state, CurvatureBlock block) {

    public static TestBlock of(SingleKind type, BlockShape shape, double decay, DataType dataType) {
        StateLayout layout = layout(type, shape);
        return of(type, shape, decay, Nd4j.zeros(dataType, layout.stateSize(shape.parameters())));
    }

    /** A block of one batch, in float64. */
    public static TestBlock of(SingleKind type, BlockShape shape, BatchRows rows) {
        TestBlock block = of(type, shape, 0, DataType.DOUBLE);
        block.block.update(rows);
        return block;
    }

    private static TestBlock of(SingleKind type, BlockShape shape, double decay, INDArray view) {
        BlockState state = new LayerState(layout(type, shape), view).blocks().get(0);
        BlockContext context =
                new BlockContext("layer", shape, state, new NetworkScalars(List.of()), decay, Solvers.forBackend());
        return new TestBlock(type, shape, decay, view, state, type.create(context));
    }

    private static StateLayout layout(SingleKind type, BlockShape shape) {
        return StateLayout.curvature("layer", List.of(type.layout(shape)), List.of(shape.parameters()));
    }

    /** Another block on a copy of the state. */
    public TestBlock copy() {
        return of(type, shape, decay, view.dup());
    }

    public INDArray symmetric(String slice) {
        return TestNetworks.symmetric(state.get(slice));
    }

    /** A column-major matrix of the parameters' shape. */
    public INDArray matrix() {
        return Nd4j.create(view.dataType(), new long[] {shape.inputDimension(), shape.outputs()}, 'f');
    }

    public INDArray precondition(INDArray gradient) {
        INDArray v = matrix().assign(gradient.castTo(view.dataType()));
        INDArray out = matrix();
        block.precondition(v, matrix().assign(Double.NaN), out.assign(Double.NaN));
        return out;
    }

    /** The operator that preconditioning applies, over the row-major vector of [dA,dG]. */
    public INDArray operator() {
        int size = (int) shape.parameters();
        INDArray operator = Nd4j.create(DataType.DOUBLE, size, size);
        for (int i = 0; i < size; i++) {
            INDArray unit = matrix();
            unit.putScalar(i / shape.outputs(), i % shape.outputs(), 1);
            operator.putColumn(
                    i,
                    TestNetworks.vec(precondition(unit))
                            .reshape(new long[] {size})
                            .castTo(DataType.DOUBLE));
        }
        return operator;
    }
}
