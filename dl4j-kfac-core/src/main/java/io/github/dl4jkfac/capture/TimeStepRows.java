package io.github.dl4jkfac.capture;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.github.dl4jkfac.capture.layers.Samples;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Rows n T + t that are written time step by time step; memory is kept from pass to pass. */
final class TimeStepRows {

    private final ReusableMatrix memory = new ReusableMatrix();
    private INDArray steps;

    /** Begins anew, with zeros. */
    void begin(DataType type, long positions, long samples, long width) {
        steps = memory.zeros(type, positions, samples, width);
    }

    /** Whether nothing has begun. */
    boolean isEmpty() {
        return steps == null;
    }

    void clear() {
        steps = null;
    }

    /**
     * Writes some columns of one step.
     *
     * @param step t
     * @param from the first of the columns
     * @param values [batch, columns]; those of the first samples are copied
     */
    void write(long step, long from, INDArray values) {
        INDArray target = steps.get(point(step), all(), interval(from, from + values.size(1)));
        target.assign(Samples.first(values, steps.size(1)));
    }

    /** All steps, [T, N, width], column-major; a view. */
    INDArray steps() {
        return steps;
    }

    /** The steps from one to another, exclusive, [T', N, columns]; a view. */
    INDArray steps(long from, long to, long firstColumn, long lastColumn) {
        return steps.get(interval(from, to), all(), interval(firstColumn, lastColumn));
    }

    /** [N T, width], column-major; a view. */
    INDArray matrix() {
        return steps.reshape('f', steps.size(0) * steps.size(1), steps.size(2));
    }
}
