package io.github.dl4jkfac.capture;

import io.github.dl4jkfac.arrays.Reductions;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Which time steps of a recurrent layer count. A sample's steps end where the loss stops to depend on them: DL4J hands feature masks
 * through an LSTM without keeping them there, so padding behind a sequence shows in nothing but derivatives that are all zero. Padding
 * that DL4J does compute with, such as that in front of a sequence without a mask of the layer's own, counts.
 */
final class ActiveTimeSteps {

    private double[] largest;

    /** Forgets the last batch. */
    void clear() {
        largest = null;
    }

    /**
     * Of several passes over one batch, a step counts if it does in any: a pass may send nothing to some steps.
     *
     * @param derivatives g, [N T, dG], row n T + t
     * @param samples N
     * @param mask the layer's own, column [N T,1]; null if it has none
     * @return column [N T,1] of ones and zeros; null when all are in
     */
    INDArray of(INDArray derivatives, long samples, INDArray mask) {
        add(Reductions.largestAbsolute(derivatives, false, 1).toDoubleVector());
        double[] active = untilTheLast(largest, samples);
        if (mask == null && Arrays.stream(active).allMatch(x -> x == 1)) {
            return null;
        }
        INDArray column =
                Nd4j.createFromArray(active).castTo(derivatives.dataType()).reshape('c', active.length, 1);
        return mask == null ? column : column.muli(mask.castTo(column.dataType()));
    }

    private void add(double[] ofPass) {
        if (largest == null) {
            largest = ofPass;
            return;
        }
        for (int row = 0; row < ofPass.length; row++) {
            largest[row] = Math.max(largest[row], ofPass[row]);
        }
    }

    /** Ones up to each sample's last number that is not zero. Where all are zero, no unit is alive, and all are in. */
    private static double[] untilTheLast(double[] largest, long samples) {
        double[] active = new double[largest.length];
        int positions = (int) (largest.length / samples);
        for (int start = 0; start < largest.length; start += positions) {
            int end = start + positions;
            while (end > start && largest[end - 1] == 0) {
                end--;
            }
            Arrays.fill(active, start, end == start ? start + positions : end, 1);
        }
        return active;
    }
}
