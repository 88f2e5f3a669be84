package io.github.dl4jkfac.samplespace;

import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.rows;
import static io.github.dl4jkfac.testing.TestNetworks.vec;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import io.github.dl4jkfac.testing.Recorder;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The gradients of single samples, written out sample by sample. */
final class BruteForce {

    private BruteForce() {}

    /** J_l [N, dA dG], row-major vectors. */
    static INDArray gradients(BatchRows rows, BlockShape shape) {
        INDArray all = Nd4j.create(DataType.DOUBLE, rows.samples(), (long) shape.inputDimension() * shape.outputs());
        for (long n = 0; n < rows.samples(); n++) {
            all.putRow(n, vec(gradient(rows, shape, n)));
        }
        return all;
    }

    /** J of several matrices. */
    static INDArray gradients(List<BatchRows> rows, List<BlockShape> shapes) {
        INDArray[] parts = new INDArray[rows.size()];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = gradients(rows.get(i), shapes.get(i));
        }
        return Nd4j.hstack(parts);
    }

    private static INDArray gradient(BatchRows rows, BlockShape shape, long n) {
        if (rows instanceof SampleGradients own) {
            return Nd4j.vstack(own.gradients().stream()
                    .map(g -> g.getRow(n, true).castTo(DataType.DOUBLE))
                    .toArray(INDArray[]::new));
        }
        boolean lookup = rows instanceof LookupRows;
        INDArray derivatives = (lookup ? ((LookupRows) rows).derivatives() : ((OuterProductRows) rows).derivatives());
        long positions = derivatives.size(0) / rows.samples();
        INDArray g = rows(derivatives, n * positions, (n + 1) * positions).castTo(DataType.DOUBLE);
        INDArray ones = Nd4j.ones(DataType.DOUBLE, positions, 1);
        if (shape.inputs() == 0) {
            return ones.transpose().mmul(g);
        }
        INDArray all = lookup
                ? oneHot(((LookupRows) rows).indices(), shape.inputs())
                : Recorder.inputs((OuterProductRows) rows).castTo(DataType.DOUBLE);
        INDArray a = rows(all, n * positions, (n + 1) * positions);
        if (shape.kind() == ParameterKind.DEPTHWISE) {
            return depthwise(a, g, shape);
        }
        a = a.get(NDArrayIndex.all(), NDArrayIndex.interval(0, shape.inputs()));
        return (shape.bias() ? homogeneous(a) : a).transpose().mmul(g);
    }

    private static INDArray depthwise(INDArray a, INDArray g, BlockShape shape) {
        int multiplier = shape.outputs() / shape.groups();
        INDArray[] parts = new INDArray[shape.groups()];
        for (int c = 0; c < parts.length; c++) {
            INDArray own = a.get(
                    NDArrayIndex.all(), NDArrayIndex.interval((long) c * shape.inputs(), (c + 1L) * shape.inputs()));
            INDArray ownG =
                    g.get(NDArrayIndex.all(), NDArrayIndex.interval((long) c * multiplier, (c + 1L) * multiplier));
            parts[c] = (shape.bias() ? homogeneous(own) : own).transpose().mmul(ownG);
        }
        return Nd4j.hstack(parts);
    }

    private static INDArray oneHot(int[] indices, int width) {
        INDArray matrix = Nd4j.zeros(DataType.DOUBLE, indices.length, width);
        for (int i = 0; i < indices.length; i++) {
            matrix.putScalar(i, indices[i], 1);
        }
        return matrix;
    }

    /** The matrix of a row-major vector. */
    static INDArray matrix(INDArray vector, BlockShape shape) {
        return vector.dup('c')
                .reshape('c', shape.inputDimension(), shape.outputs())
                .dup('f');
    }
}
