package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.testing.RecordedGroup;
import io.github.dl4jkfac.testing.TestNetworks;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The mean over the samples of vec(u) vec(u)^T, u the gradient of one sample, from recorded rows. */
final class SampleMoments {

    private SampleMoments() {}

    static INDArray of(RecordedGroup group) {
        INDArray gradients = Nd4j.createFromArray(gradients(group));
        return gradients.transpose().mmul(gradients).divi(group.samples());
    }

    /** A row for each sample: its [dA,dG], row after row. */
    private static double[][] gradients(RecordedGroup group) {
        BlockShape shape = group.group().shape();
        int outputs = shape.outputs();
        double[][] g = group.derivatives().toDoubleMatrix();
        double[][] a =
                shape.kind() == ParameterKind.UNITWISE ? null : inputs(group).toDoubleMatrix();
        double[][] gradients = new double[(int) group.samples()][shape.inputDimension() * outputs];
        int positions = g.length / gradients.length;
        for (int row = 0; row < g.length; row++) {
            double[] gradient = gradients[row / positions];
            for (int k = 0; k < gradient.length; k++) {
                // rows of unit-wise groups are gradients already
                gradient[k] += a == null ? g[row][k] : a[row][k / outputs] * g[row][k % outputs];
            }
        }
        return gradients;
    }

    private static INDArray inputs(RecordedGroup group) {
        BlockShape shape = group.group().shape();
        INDArray a = shape.kind() == ParameterKind.EMBEDDING ? oneHot(group.inputs(), shape.inputs()) : group.inputs();
        return a.size(1) == shape.inputDimension() ? a : TestNetworks.homogeneous(a);
    }

    private static INDArray oneHot(INDArray indices, int width) {
        INDArray matrix = Nd4j.zeros(DataType.DOUBLE, indices.size(0), width);
        for (long row = 0; row < indices.size(0); row++) {
            matrix.putScalar(row, indices.getLong(row), 1);
        }
        return matrix;
    }
}
