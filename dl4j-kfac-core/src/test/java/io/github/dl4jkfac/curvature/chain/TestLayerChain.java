package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.JointBlock;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.LayerState;
import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.StateLayout;
import io.github.dl4jkfac.testing.TestNetworks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A block-tridiagonal chain together with the flat state views behind its members. */
record TestLayerChain(
        List<BlockShape> shapes, double decay, List<INDArray> views, List<BlockState> states, JointBlock block) {

    static TestLayerChain of(List<BlockShape> shapes, double decay, DataType type) {
        List<INDArray> views = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            views.add(Nd4j.zeros(type, layout(shapes, i).stateSize(shapes.get(i).parameters())));
        }
        return of(shapes, decay, views);
    }

    /** A chain of one batch, in float64. */
    static TestLayerChain of(List<BlockShape> shapes, List<? extends BatchRows> rows) {
        TestLayerChain chain = of(shapes, 0, DataType.DOUBLE);
        chain.block.update(List.copyOf(rows));
        return chain;
    }

    static TestLayerChain of(List<BlockShape> shapes, double decay, List<INDArray> views) {
        List<BlockState> states = new ArrayList<>();
        List<BlockContext> members = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            states.add(new LayerState(layout(shapes, i), views.get(i)).blocks().get(0));
            members.add(new BlockContext(
                    "layer" + i,
                    shapes.get(i),
                    states.get(i),
                    new NetworkScalars(List.of()),
                    decay,
                    Solvers.forBackend()));
        }
        return new TestLayerChain(shapes, decay, views, states, kind(shapes, 0).create(members));
    }

    static TridiagonalKind kind(List<BlockShape> shapes, int i) {
        return new TridiagonalKind(i + 1 < shapes.size() ? shapes.get(i + 1) : null);
    }

    private static StateLayout layout(List<BlockShape> shapes, int i) {
        BlockShape shape = shapes.get(i);
        return StateLayout.curvature("layer" + i, List.of(kind(shapes, i).layout(shape)), List.of(shape.parameters()));
    }

    /** Another chain on a copy of the states. */
    TestLayerChain copy() {
        return of(shapes, decay, views.stream().map(INDArray::dup).toList());
    }

    void refresh(double damping) {
        block.refresh(shapes.stream().map(shape -> damping).toList());
    }

    /** A_i or G_i. */
    INDArray moment(String name, int i) {
        return TestNetworks.symmetric(states.get(i).get(name));
    }

    List<INDArray> precondition(List<INDArray> gradients) {
        List<INDArray> matrices = IntStream.range(0, shapes.size())
                .mapToObj(i -> gradients.get(i).castTo(views.get(i).dataType()).dup('f'))
                .toList();
        block.precondition(matrices);
        return matrices;
    }

    /** The operator that preconditioning applies, over the row-major vectors of the matrices, one after the other. */
    INDArray operator() {
        int size = (int) shapes.stream().mapToLong(BlockShape::parameters).sum();
        INDArray operator = Nd4j.create(DataType.DOUBLE, size, size);
        for (int k = 0; k < size; k++) {
            INDArray unit = Nd4j.zeros(DataType.DOUBLE, 1, size);
            unit.putScalar(0, k, 1);
            operator.putColumn(k, joined(precondition(split(unit))).reshape(new long[] {size}));
        }
        return operator;
    }

    /** The row-major vectors, one after the other. */
    static INDArray joined(List<INDArray> matrices) {
        return Nd4j.hstack(matrices.stream()
                .map(matrix -> TestNetworks.vec(matrix).castTo(DataType.DOUBLE))
                .toArray(INDArray[]::new));
    }

    List<INDArray> split(INDArray vector) {
        List<INDArray> matrices = new ArrayList<>();
        long start = 0;
        for (BlockShape shape : shapes) {
            INDArray part = vector.get(NDArrayIndex.all(), NDArrayIndex.interval(start, start + shape.parameters()));
            matrices.add(part.dup('c').reshape('c', shape.inputDimension(), shape.outputs()));
            start += shape.parameters();
        }
        return matrices;
    }

    /** Standard normal matrices of the members' shapes. */
    List<INDArray> gradients(long seed) {
        long size = shapes.stream().mapToLong(BlockShape::parameters).sum();
        return split(TestNetworks.normal(seed, 1, size));
    }

    static BlockShape shape(int inputs, int outputs, boolean bias) {
        return BlockShape.of(ParameterKind.DENSE, inputs, outputs, bias);
    }

    static List<BlockShape> shapes(BlockShape... shapes) {
        return Arrays.asList(shapes);
    }
}
