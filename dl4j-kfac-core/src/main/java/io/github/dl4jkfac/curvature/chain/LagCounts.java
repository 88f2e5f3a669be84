package io.github.dl4jkfac.curvature.chain;

import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How many pairs of time steps at distance d a sample has, c_d, as moving averages: E[max(0, T - d)] over sequences of lengths T,
 * hence c_0 = E[T]. With these numbers the chain model's sum over all pairs of steps of sequences of different lengths is
 * c_0 V_0 + sum_d c_d (V_d + V_d^T) (Martens, Ba, Johnson 2018), exactly, whatever the lengths' distribution.
 *
 * <p>A mask that leaves out steps in the middle makes two sequences of one: DL4J's recurrent layers start afresh behind it.
 *
 * <p>The first {@value #LAGS} numbers are kept. Beyond, they go on in a straight line until they reach zero, which is right
 * if all sequences that are longer have one length; otherwise that is their mean length.
 */
final class LagCounts {

    /** Name of the slice that the numbers are kept in. */
    static final String SLICE = "lag_counts";

    /** How many of them are kept. */
    static final int LAGS = 256;

    private static final int LONGEST = 1 << 20;

    /** Powers below this do not change a sum that begins with 1. */
    private static final double NEGLIGIBLE = 1e-17;

    private final INDArray counts;

    /**
     * @param counts the averages, [LAGS,1]
     */
    LagCounts(INDArray counts) {
        this.counts = counts;
    }

    /**
     * @param all one batch
     * @param keep weight of the old averages, in [0,1)
     */
    void update(OuterProductRows all, double keep) {
        OuterProductRows rows = all.inputsOnce();
        double[] fresh = new double[LAGS];
        double[] weights = rows.weights() == null ? null : rows.weights().toDoubleVector();
        int length = 0;
        for (int row = 0; row < rows.inputs().rows(); row++) {
            if (row % rows.positions() == 0) {
                addSequence(length, fresh);
                length = 0;
            }
            if (weights == null || weights[row] != 0) {
                length++;
            } else {
                addSequence(length, fresh);
                length = 0;
            }
        }
        addSequence(length, fresh);
        INDArray means = Nd4j.createFromArray(fresh).castTo(counts.dataType()).reshape('f', LAGS, 1);
        counts.muli(keep).addi(means.muli((1 - keep) / rows.samples()));
    }

    private static void addSequence(int length, double[] counts) {
        for (int d = 0; d < Math.min(length, LAGS); d++) {
            counts[d] += length - d;
        }
    }

    /** The numbers at this moment, relative to c_0. */
    Weights weights() {
        return new Weights(counts.toDoubleVector());
    }

    /** c_d / c_0 for all d. */
    static final class Weights {

        private final double[] first;
        private final double slope;
        private final int end;

        private Weights(double[] counts) {
            double total = counts[0];
            first = new double[counts.length];
            for (int d = 0; d < counts.length; d++) {
                first[d] = counts[d] / total;
            }
            double last = first[LAGS - 1];
            slope = first[LAGS - 2] - last;
            end = slope > 0 ? (int) Math.min(LONGEST, LAGS + Math.ceil(last / slope)) : LAGS;
        }

        double at(int d) {
            return d < LAGS ? first[d] : Math.max(0, first[LAGS - 1] - slope * (d - LAGS + 1));
        }

        /** 1 + 2 sum_d (c_d / c_0) x^d: the whole sum over the part of lag 0 where V_d = x^d V_0. */
        double sum(double x) {
            double sum = 1;
            double power = x;
            for (int d = 1; d < end && Math.abs(power) > NEGLIGIBLE; d++) {
                sum += 2 * at(d) * power;
                power *= x;
            }
            return sum;
        }
    }
}
