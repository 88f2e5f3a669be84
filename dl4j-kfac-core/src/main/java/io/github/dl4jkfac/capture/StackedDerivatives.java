package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.curvature.rows.BatchRows;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The derivatives of several passes over the same forward pass, one group's below each other. */
final class StackedDerivatives {

    private final int passes;
    private final List<INDArray> stacks;

    /**
     * Makes room.
     *
     * @param like rows of one pass
     * @param passes C
     */
    StackedDerivatives(BatchRows like, int passes, LastingMemory memory) {
        this.passes = passes;
        this.stacks = like.derivativeMatrices().stream()
                .map(matrix -> memory.matrix(matrix.dataType(), passes * matrix.size(0), matrix.size(1)))
                .toList();
    }

    /** Copies the derivatives of one pass, times sqrt(C): as many times more samples divide their squares by as much more. */
    void put(int pass, BatchRows rows) {
        for (int i = 0; i < stacks.size(); i++) {
            INDArray matrix = rows.derivativeMatrices().get(i);
            long first = pass * matrix.size(0);
            stacks.get(i)
                    .get(NDArrayIndex.interval(first, first + matrix.size(0)), NDArrayIndex.all())
                    .assign(matrix)
                    .muli(Math.sqrt(passes));
        }
    }

    /**
     * The rows of all passes.
     *
     * @param last those of the last pass, of which everything but the derivatives is taken
     */
    BatchRows joined(BatchRows last) {
        return last.repeated(passes, stacks);
    }
}
