package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.arrays.Reductions;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * J_l of dense, convolutional and recurrent layers, where the gradient of sample n is the sum over its positions of
 * [a_nt,1]^T g_nt. Inputs come in pieces and are used as they come.
 *
 * <p>Inputs of rows that a mask excludes need no care: their derivatives are zero, and so is all that they are multiplied with.
 */
final class OuterOperator implements RowOperator {

    /** Takes the inputs piece by piece. */
    @FunctionalInterface
    interface PieceConsumer {
        /**
         * @param firstRow of the piece among all rows
         * @param inputs [rows,inputs], without the homogeneous coordinate; valid until the consumer returns
         * @param derivatives of the same rows, [rows,dG], a view
         */
        void accept(long firstRow, INDArray inputs, INDArray derivatives);
    }

    private final OuterProductRows rows;
    private final boolean bias;
    private final SymmetricSolver solver;

    /** @param bias whether the last row of the matrix is the bias */
    OuterOperator(OuterProductRows rows, boolean bias, SymmetricSolver solver) {
        this.rows = rows;
        this.bias = bias;
        this.solver = solver;
    }

    @Override
    public long samples() {
        return rows.samples();
    }

    long positions() {
        return rows.positions();
    }

    /** Columns of the inputs, without the homogeneous coordinate. */
    int inputs() {
        return rows.inputs().columns();
    }

    boolean hasBias() {
        return bias;
    }

    INDArray derivatives() {
        return rows.derivatives();
    }

    SymmetricSolver solver() {
        return solver;
    }

    /** The gradients of the bias, [N,dG]: the sums over the positions. */
    INDArray biasGradients() {
        return Positions.sum(rows.derivatives(), positions());
    }

    void forEachPiece(PieceConsumer consumer) {
        rows.inputs().forEachChunk((firstRow, chunk) -> {
            INDArray inputs = chunk.size(1) > inputs()
                    ? chunk.get(NDArrayIndex.all(), NDArrayIndex.interval(0, inputs()))
                    : chunk;
            consumer.accept(firstRow, inputs, Positions.rows(rows.derivatives(), firstRow, firstRow + chunk.size(0)));
        });
    }

    /** Takes the cheaper way: by pairs of positions, or by gradients written out a few columns at a time. */
    @Override
    public void addGram(INDArray gram) {
        double ofPairs = PairwiseGram.flops(this);
        double ofGradients = GradientGram.flops(this);
        if (ofPairs <= ofGradients) {
            new PairwiseGram(this).addTo(gram);
        } else {
            new GradientGram(this).addTo(gram);
        }
    }

    /** Row by row of a layer's rows: (a V) . g (V19d). */
    @Override
    public INDArray times(INDArray matrix) {
        INDArray result = Nd4j.create(matrix.dataType(), new long[] {samples(), 1}, 'f');
        if (bias) {
            INDArray last = matrix.getRow(matrix.size(0) - 1, true);
            result.addi(biasGradients().mmul(last.transpose()));
        }
        if (inputs() > 0) {
            addTimesWeights(Positions.rows(matrix, 0, inputs()), result);
        }
        return result;
    }

    private void addTimesWeights(INDArray weights, INDArray result) {
        forEachPiece((firstRow, inputs, derivatives) -> {
            try (INDArray outputs = Nd4j.createUninitialized(weights.dataType(), derivatives.shape(), 'f')) {
                Products.multiply(inputs, weights, outputs, 1, 0);
                INDArray sums = Positions.sum(Reductions.sum(outputs.muli(derivatives), true, 1), positions());
                long first = firstRow / positions();
                Positions.rows(result, first, first + sums.length()).addi(sums.reshape(sums.length(), 1));
            }
        });
    }

    /** The weight gradient of derivatives that are multiplied by their sample's coefficient (V19c). */
    @Override
    public void transposedTimes(INDArray coefficients, INDArray out) {
        if (bias) {
            out.getRow(out.size(0) - 1, true).assign(coefficients.transpose().mmul(biasGradients()));
        }
        if (inputs() > 0) {
            weightGradient(Positions.repeat(coefficients, positions()), Positions.rows(out, 0, inputs()));
        }
    }

    /** @param coefficients of each row */
    private void weightGradient(INDArray coefficients, INDArray out) {
        boolean[] begun = {false};
        forEachPiece((firstRow, inputs, derivatives) -> {
            try (INDArray weighted = derivatives.dup('f')) {
                weighted.muliColumnVector(Positions.rows(coefficients, firstRow, firstRow + weighted.size(0)));
                Products.multiplyTransposed(inputs, weighted, out, 1, begun[0] ? 1 : 0);
                begun[0] = true;
            }
        });
    }
}
