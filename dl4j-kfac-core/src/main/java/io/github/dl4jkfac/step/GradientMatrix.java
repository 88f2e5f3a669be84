package io.github.dl4jkfac.step;

import io.github.dl4jkfac.solve.SymmetricSolver;
import io.github.dl4jkfac.state.StateLayout;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * A dense layer's flat gradient, as DL4J lays it out (W column-major, then b), seen as the matrix [dA,dG] whose last row is the
 * bias.
 */
final class GradientMatrix {

    private final long inputs;
    private final long outputs;
    private final boolean bias;
    private final SymmetricSolver solver;

    GradientMatrix(StateLayout layout, SymmetricSolver solver) {
        this.inputs = layout.inputs();
        this.outputs = layout.outputs();
        this.bias = layout.bias();
        this.solver = solver;
    }

    /** Copies the flat gradient into {@code matrix}. */
    void gather(INDArray flat, INDArray matrix) {
        solver.copyMatrix(weights(flat), weightRows(matrix));
        if (bias) {
            solver.copyMatrix(biases(flat), biasRow(matrix));
        }
    }

    /** Copies {@code matrix} into the flat gradient. */
    void scatter(INDArray matrix, INDArray flat) {
        solver.copyMatrix(weightRows(matrix), weights(flat));
        if (bias) {
            solver.copyMatrix(biasRow(matrix), biases(flat));
        }
    }

    private INDArray weights(INDArray flat) {
        return flat.get(NDArrayIndex.interval(0, inputs * outputs)).reshape('f', inputs, outputs);
    }

    private INDArray biases(INDArray flat) {
        return flat.get(NDArrayIndex.interval(inputs * outputs, (inputs + 1) * outputs))
                .reshape('f', 1, outputs);
    }

    private INDArray weightRows(INDArray matrix) {
        return matrix.get(NDArrayIndex.interval(0, inputs), NDArrayIndex.all());
    }

    private INDArray biasRow(INDArray matrix) {
        return matrix.get(NDArrayIndex.interval(inputs, inputs + 1), NDArrayIndex.all());
    }
}
