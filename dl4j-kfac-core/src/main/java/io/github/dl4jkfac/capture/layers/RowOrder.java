package io.github.dl4jkfac.capture.layers;

import io.github.dl4jkfac.arrays.Reductions;
import org.deeplearning4j.nn.api.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Brings DL4J's arrays into the order of rows: sample by sample, and within a sample position by position. */
public final class RowOrder {

    private RowOrder() {}

    /**
     * Rows that DL4J keeps step by step, t N + n.
     *
     * @param rows [T N, C]
     * @param batch N
     * @return [C, N, T], a view where possible
     */
    static INDArray ofSteps(INDArray rows, long batch) {
        long columns = rows.size(1);
        return rows.transpose()
                .reshape('c', columns, rows.size(0) / batch, batch)
                .permute(0, 2, 1);
    }

    /**
     * A number, or several, for each row that DL4J keeps step by step.
     *
     * @param steps [T N, 1], or [T N, C], of which the greatest counts: a mask that tells outputs apart
     * @param positions T
     * @param samples how many of the samples enter
     * @return column [samples T, 1]
     */
    static INDArray columnOfSteps(INDArray steps, long positions, long samples) {
        INDArray any = steps.size(1) == 1 ? steps : Reductions.max(steps, true, 1);
        return column(any.reshape('c', positions, steps.size(0) / positions).permute(1, 0), samples);
    }

    /**
     * Lays out a number for each step of each sample as a column.
     *
     * @param sequences [N,T]; not modified
     * @param samples how many of the samples enter
     * @return [samples T, 1], a new array
     */
    public static INDArray column(INDArray sequences, long samples) {
        INDArray first = sequences.get(NDArrayIndex.interval(0, samples), NDArrayIndex.all());
        return first.dup('c').reshape('c', first.length(), 1);
    }

    /**
     * Rows that DL4J keeps step by step, sample by sample.
     *
     * @param steps [T N, C]
     * @param positions T
     * @param samples how many of the samples enter
     * @return [samples T, C], column-major unless it is a view
     */
    static INDArray rowsOfSteps(INDArray steps, long positions, long samples) {
        if (positions == 1) {
            return Samples.first(steps, samples);
        }
        long columns = steps.size(1);
        INDArray columnsFirst = ofSteps(steps, steps.size(0) / positions)
                .get(NDArrayIndex.all(), NDArrayIndex.interval(0, samples), NDArrayIndex.all());
        return columnsFirst.dup('c').reshape('c', columns, samples * positions).transpose();
    }

    /**
     * The feature mask of a layer whose rows DL4J keeps step by step.
     *
     * @param positions T
     * @return column [samples T, 1]; null if there is none
     */
    static INDArray featureMask(Layer layer, long positions, Samples samples) {
        INDArray mask = mask(layer);
        return mask == null ? null : columnOfSteps(mask.reshape('c', mask.length(), 1), positions, samples.count());
    }

    /**
     * Sums over the positions of each sample.
     *
     * @param rows [N T, C]
     * @param samples N
     * @return [N, C]
     */
    static INDArray summed(INDArray rows, long samples) {
        long positions = rows.size(0) / samples;
        return positions == 1
                ? rows
                : Reductions.sum(rows.dup('f').reshape('f', positions, samples, rows.size(1)), false, 0);
    }

    /**
     * Moves the channels from the end to the second place.
     *
     * @param array [N, ..., C], of rank 3 to 5
     * @return [N, C, ...], a view
     */
    public static INDArray channelsSecond(INDArray array) {
        return switch (array.rank()) {
            case 3 -> array.permute(0, 2, 1);
            case 4 -> array.permute(0, 3, 1, 2);
            default -> array.permute(0, 4, 1, 2, 3);
        };
    }

    /**
     * Reads the mask that a layer has for its present batch.
     *
     * @param layer a live layer
     * @return the mask in the parameters' type; null if there is none
     */
    public static INDArray mask(Layer layer) {
        INDArray mask = layer.getMaskArray();
        return mask == null ? null : mask.castTo(ParameterType.of(layer));
    }

    /**
     * Multiplies rows by a mask, in place.
     *
     * @param rows [m, C]; modified
     * @param mask column [m,1], or null, which changes nothing
     */
    public static void mask(INDArray rows, INDArray mask) {
        if (mask != null) {
            rows.muliColumnVector(mask.castTo(rows.dataType()));
        }
    }

    /**
     * Brings the parts of each sample together, which a graph has stacked part by part.
     *
     * @param array of any rank; not modified
     * @param axis whose index is p N + n for part p of sample n
     * @param parts how many there are
     * @return with the index n parts + p; the array itself if there is one part only, else a copy
     */
    public static INDArray unstacked(INDArray array, int axis, int parts) {
        if (parts == 1) {
            return array;
        }
        long[] shape = array.shape();
        long[] split = new long[shape.length + 1];
        int[] order = new int[shape.length + 1];
        for (int i = 0; i <= shape.length; i++) {
            split[i] = i < axis ? shape[i] : i == axis ? parts : i == axis + 1 ? shape[axis] / parts : shape[i - 1];
            order[i] = i == axis ? axis + 1 : i == axis + 1 ? axis : i;
        }
        return array.dup('c').reshape('c', split).permute(order).dup('c').reshape('c', shape);
    }
}
