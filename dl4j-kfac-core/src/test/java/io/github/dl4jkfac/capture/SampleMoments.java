package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.RecordedGroup;
import io.github.dl4jkfac.TestNetworks;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The mean over the samples of vec(u) vec(u)^T, u the gradient of one sample, from recorded rows. */
final class SampleMoments {

    private SampleMoments() {}

    static INDArray of(RecordedGroup group) {
        long size = group.group().shape().parameters();
        INDArray moment = Nd4j.zeros(DataType.DOUBLE, size, size);
        for (long n = 0; n < group.samples(); n++) {
            INDArray u = TestNetworks.vec(gradient(group, n));
            moment.addi(u.transpose().mmul(u));
        }
        return moment.divi(group.samples());
    }

    /** [dA,dG]. */
    private static INDArray gradient(RecordedGroup group, long sample) {
        BlockShape shape = group.group().shape();
        long positions = group.derivatives().size(0) / group.samples();
        INDArray g = TestNetworks.rows(group.derivatives(), sample * positions, (sample + 1) * positions);
        if (shape.kind()
                == ParameterKind
                        .UNITWISE) { // its rows are gradients already, one parameter matrix row beside the other
            return g.dup('c').reshape('c', shape.inputDimension(), shape.outputs());
        }
        INDArray inputs = TestNetworks.rows(group.inputs(), sample * positions, (sample + 1) * positions);
        INDArray a = shape.kind() == ParameterKind.EMBEDDING ? oneHot(inputs, shape.inputs()) : inputs;
        boolean complete = a.size(1) == shape.inputDimension();
        return (complete ? a : TestNetworks.homogeneous(a)).transpose().mmul(g);
    }

    private static INDArray oneHot(INDArray indices, int width) {
        INDArray matrix = Nd4j.zeros(DataType.DOUBLE, indices.size(0), width);
        for (long row = 0; row < indices.size(0); row++) {
            matrix.putScalar(row, indices.getLong(row), 1);
        }
        return matrix;
    }
}
