package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.SampleGradients;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The gradients of single samples of a depthwise convolution, written out: a row for each element of the kernel, and the bias. They
 * are as many numbers as the layer's derivatives have, or fewer, wherever an image has as many positions as the kernel has elements.
 */
final class DepthwiseGradients {

    private final OuterProductRows rows;
    private final int window;
    private final int channels;
    private final int multiplier;

    private DepthwiseGradients(OuterProductRows rows, BlockShape shape) {
        this.rows = rows;
        this.window = shape.inputs();
        this.channels = shape.groups();
        this.multiplier = shape.outputsPerGroup();
    }

    /** @param rows inputs [N T, channels window], column c window + element; derivatives [N T, channels multiplier] */
    static SampleGradients of(OuterProductRows rows, BlockShape shape) {
        return new DepthwiseGradients(rows, shape).gradients(shape.bias());
    }

    private SampleGradients gradients(boolean bias) {
        DataType type = rows.derivatives().dataType();
        List<INDArray> all = new ArrayList<>();
        for (int element = 0; element < window; element++) {
            all.add(Nd4j.createUninitialized(type, new long[] {rows.samples(), (long) channels * multiplier}, 'f'));
        }
        OuterOperator pieces = new OuterOperator(rows, bias, null);
        pieces.forEachPiece((firstRow, inputs, derivatives) -> {
            for (int element = 0; element < window; element++) {
                fill(all.get(element), firstRow, every(inputs, element, window), derivatives);
            }
        });
        if (bias) {
            all.add(pieces.biasGradients());
        }
        return new SampleGradients(all);
    }

    /** @param seen what each channel sees through one element of the kernel, [rows,channels] */
    private void fill(INDArray gradients, long firstRow, INDArray seen, INDArray derivatives) {
        long positions = rows.positions();
        long first = firstRow / positions;
        for (int m = 0; m < multiplier; m++) {
            try (INDArray products = seen.dup('f')) {
                products.muli(every(derivatives, m, multiplier));
                INDArray sums = Positions.sum(products, positions);
                every(Positions.rows(gradients, first, first + sums.size(0)), m, multiplier)
                        .assign(sums);
            }
        }
    }

    /** Columns {@code first}, {@code first + step}, ..., one for each channel. */
    private INDArray every(INDArray matrix, int first, int step) {
        INDArrayIndex columns = NDArrayIndex.interval(first, step, first + (channels - 1L) * step + 1, false);
        return step == 1 ? matrix : matrix.get(NDArrayIndex.all(), columns);
    }
}
