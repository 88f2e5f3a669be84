package io.github.dl4jkfac.samplespace;

import static io.github.dl4jkfac.testing.TestNetworks.vec;

import io.github.dl4jkfac.curvature.BlockContext;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.JointBlock;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.samplespace.RowCases.RowCase;
import io.github.dl4jkfac.solve.Solvers;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.LayerState;
import io.github.dl4jkfac.state.NetworkScalars;
import io.github.dl4jkfac.state.StateLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A sample-space block over some matrices, together with the state views behind it. */
record TestSpace(SampleSpaceKind kind, List<BlockShape> shapes, List<INDArray> views, JointBlock block) {

    static TestSpace of(SampleSpaceKind kind, List<BlockShape> shapes, DataType type) {
        List<INDArray> views = new ArrayList<>();
        for (BlockShape shape : shapes) {
            views.add(Nd4j.zeros(type, layout(kind, shape).stateSize(shape.parameters())));
        }
        return on(kind, shapes, views);
    }

    static TestSpace of(SampleSpaceKind kind, List<RowCase> cases) {
        return of(kind, cases.stream().map(RowCase::shape).toList(), DataType.DOUBLE);
    }

    private static TestSpace on(SampleSpaceKind kind, List<BlockShape> shapes, List<INDArray> views) {
        List<BlockContext> members = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            BlockState state = new LayerState(layout(kind, shapes.get(i)), views.get(i))
                    .blocks()
                    .get(0);
            members.add(new BlockContext(
                    "layer" + i, shapes.get(i), state, new NetworkScalars(List.of()), 0, Solvers.forBackend()));
        }
        return new TestSpace(kind, shapes, views, kind.create(members));
    }

    private static StateLayout layout(SampleSpaceKind kind, BlockShape shape) {
        return StateLayout.curvature("layer", List.of(kind.layout(shape)), List.of(shape.parameters()));
    }

    /** Another block on a copy of the state. */
    TestSpace copy() {
        return on(kind, shapes, views.stream().map(INDArray::dup).toList());
    }

    /** The preconditioned gradient, of a batch and a damping that is the same for all members. */
    INDArray step(List<BatchRows> rows, INDArray norms, double damping, INDArray gradient) {
        return step(rows, norms, Collections.nCopies(rows.size(), damping), gradient);
    }

    /**
     * The preconditioned gradient.
     *
     * @param norms s; null if they are not to be told
     * @param gradient [1,P] or [P,1], row-major vectors of the members' matrices
     * @return [1,P]
     */
    INDArray step(List<BatchRows> rows, INDArray norms, List<Double> damping, INDArray gradient) {
        if (norms != null) {
            block.outputNorms(norms);
        }
        block.update(rows);
        block.refresh(damping);
        return precondition(gradient);
    }

    INDArray precondition(INDArray gradient) {
        List<INDArray> matrices = matrices(gradient);
        block.precondition(matrices);
        return Nd4j.hstack(matrices.stream()
                .map(matrix -> vec(matrix.castTo(DataType.DOUBLE)))
                .toArray(INDArray[]::new));
    }

    private List<INDArray> matrices(INDArray gradient) {
        INDArray flat = gradient.dup('c').reshape('c', new long[] {gradient.length()});
        List<INDArray> matrices = new ArrayList<>();
        long at = 0;
        for (BlockShape shape : shapes) {
            INDArray part = flat.get(NDArrayIndex.interval(at, at + shape.parameters()));
            matrices.add(BruteForce.matrix(part, shape)
                    .castTo(views.get(0).dataType())
                    .dup('f'));
            at += shape.parameters();
        }
        return matrices;
    }
}
