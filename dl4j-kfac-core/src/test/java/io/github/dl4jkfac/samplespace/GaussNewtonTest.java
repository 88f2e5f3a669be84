package io.github.dl4jkfac.samplespace;

import static io.github.dl4jkfac.testing.TestNetworks.error;
import static io.github.dl4jkfac.testing.TestNetworks.homogeneous;
import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.oneHot;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;
import static io.github.dl4jkfac.testing.TestNetworks.vec;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.ParameterKind;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The exact Gauss-Newton step of softmax with cross-entropy, from rows of the columns of a root B of the loss's Hessian Q = B B^T,
 * against the form of Korbit et al. (2024) and a dense matrix. V22a is among the design's checks.
 */
class GaussNewtonTest {

    private static final double EXACT = 1e-10;
    private static final int N = 6;
    private static final int CLASSES = 3;
    private static final BlockShape SHAPE = BlockShape.of(ParameterKind.DENSE, 4, 5, true);

    private final INDArray inputs = normal(41, N, 4);
    private final INDArray p = softmax(normal(42, N, CLASSES));
    /** dz_c / d(the layer's pre-activations): what stands between the layer and the outputs. */
    private final INDArray above = normal(43, CLASSES, 5);

    private static INDArray softmax(INDArray z) {
        INDArray exp = Transforms.exp(z, true);
        return exp.diviColumnVector(exp.sum(true, 1));
    }

    /** J_z: a row for each sample and class. */
    private INDArray jacobian() {
        INDArray abar = homogeneous(inputs);
        List<INDArray> rows = new ArrayList<>();
        for (int n = 0; n < N; n++) {
            for (int c = 0; c < CLASSES; c++) {
                rows.add(vec(abar.getRow(n, true).transpose().mmul(above.getRow(c, true))));
            }
        }
        return Nd4j.vstack(rows.toArray(INDArray[]::new));
    }

    /** Q, with one block diag(p) - p p^T for each sample. */
    private INDArray hessian() {
        INDArray q = Nd4j.zeros(DataType.DOUBLE, N * CLASSES, N * CLASSES);
        for (int n = 0; n < N; n++) {
            for (int c = 0; c < CLASSES; c++) {
                for (int d = 0; d < CLASSES; d++) {
                    double h = (c == d ? p.getDouble(n, c) : 0) - p.getDouble(n, c) * p.getDouble(n, d);
                    q.putScalar((long) n * CLASSES + c, (long) n * CLASSES + d, h);
                }
            }
        }
        return q;
    }

    /** As samples of their own, scaled so that a mean over all is one over the samples. */
    private OuterProductRows rowsOfColumns() {
        List<INDArray> derivatives = new ArrayList<>();
        List<INDArray> repeated = new ArrayList<>();
        for (int n = 0; n < N; n++) {
            INDArray probabilities = p.getRow(n, true);
            for (int c = 0; c < CLASSES; c++) {
                INDArray column = probabilities.neg(); // sqrt(p_c) (e_c - p)
                column.putScalar(0, c, column.getDouble(0, c) + 1);
                column.muli(Math.sqrt(probabilities.getDouble(0, c) * CLASSES));
                derivatives.add(column.mmul(above));
                repeated.add(inputs.getRow(n, true));
            }
        }
        return OuterProductRows.of(
                InputSource.of(Nd4j.vstack(repeated.toArray(INDArray[]::new))),
                Nd4j.vstack(derivatives.toArray(INDArray[]::new)).dup('f'),
                (long) N * CLASSES);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.1, 10})
    void softmaxWithCrossEntropy(double lambda) {
        INDArray j = jacobian();
        INDArray q = hessian();
        INDArray residuals = vec(p.sub(oneHot(N, CLASSES))).transpose();
        INDArray gradient = j.transpose().mmul(residuals).divi(N);
        TestSpace space = TestSpace.of(new SampleSpaceKind(SampleMethod.FISHER, 0), List.of(SHAPE), DataType.DOUBLE);
        INDArray step = space.step(List.of(rowsOfColumns()), null, lambda, gradient);

        INDArray system = plusDiagonal(q.mmul(j).mmul(j.transpose()), N * lambda);
        INDArray paper = j.transpose().mmul(inverse(system).mmul(residuals));
        assertThat(error(step, paper.transpose())).as("Korbit et al.").isLessThan(EXACT);

        INDArray newton = j.transpose().mmul(q).mmul(j).divi(N);
        INDArray dense = inverse(plusDiagonal(newton, lambda)).mmul(gradient);
        assertThat(error(step, dense.transpose())).as("dense").isLessThan(EXACT);
    }
}
