package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.arrays.Products;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The Gram matrix from gradients of single samples, written out for a few inputs of the layer at a time. Cheaper than {@link
 * PairwiseGram} where a sample has many positions, as in the first layers of convolutional networks.
 */
final class GradientGram {

    /** How many numbers of gradients are in memory, unless a single input's have more. */
    private static final long NUMBERS = 1L << 22;

    private final OuterOperator rows;
    private final long outputs;
    private final long width;

    GradientGram(OuterOperator rows) {
        this(rows, NUMBERS);
    }

    GradientGram(OuterOperator rows, long numbers) {
        this.rows = rows;
        this.outputs = rows.derivatives().size(1);
        this.width = Math.max(1, Math.min(rows.inputs(), numbers / (rows.samples() * outputs)));
    }

    /** Multiplications and additions, to be compared with {@link PairwiseGram#flops}. */
    static double flops(OuterOperator rows) {
        double parameters = (double) rows.inputs() * rows.derivatives().size(1);
        double samples = rows.samples();
        return samples * parameters * (rows.positions() + samples / 2);
    }

    void addTo(INDArray gram) {
        if (rows.hasBias()) {
            rows.solver().gramLower(rows.biasGradients().transpose(), 1, 1, gram);
        }
        long[] shape = {width, outputs, rows.samples()};
        try (INDArray memory = Nd4j.createUninitialized(gram.dataType(), shape, 'f')) {
            for (long from = 0; from < rows.inputs(); from += width) {
                long to = Math.min(rows.inputs(), from + width);
                INDArray gradients = to - from == width ? memory : narrow(memory, to - from);
                fill(gradients, from, to);
                rows.solver().gramLower(gradients.reshape('f', (to - from) * outputs, rows.samples()), 1, 1, gram);
            }
        }
    }

    /** The same memory as an array of fewer inputs: a part of each sample's would leave gaps. */
    private INDArray narrow(INDArray memory, long width) {
        long numbers = width * outputs * rows.samples();
        return memory.reshape('f', new long[] {memory.length()})
                .get(NDArrayIndex.interval(0, numbers))
                .reshape('f', width, outputs, rows.samples());
    }

    private void fill(INDArray gradients, long from, long to) {
        long positions = rows.positions();
        rows.forEachPiece((firstRow, inputs, derivatives) -> {
            INDArray wanted = Positions.rows(inputs.transpose(), from, to).transpose();
            for (long row = 0; row < inputs.size(0); row += positions) {
                INDArray target = gradients.get(
                        NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.point((firstRow + row) / positions));
                Products.multiplyTransposed(
                        Positions.rows(wanted, row, row + positions),
                        Positions.rows(derivatives, row, row + positions),
                        target,
                        1,
                        0);
            }
        });
    }
}
