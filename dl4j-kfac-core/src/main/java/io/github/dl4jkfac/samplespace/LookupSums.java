package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.curvature.rows.LookupRows;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Derivatives of looked-up rows, summed over the positions where a sample has looked up the same index. Pairs of index and sample are
 * ordered by index, then by sample.
 */
final class LookupSums {

    private final long samples;
    private final int[] indices;
    private final int[] firsts;
    private final int[] sampleOf;
    private final INDArray derivatives;

    private LookupSums(long samples, int[] indices, int[] firsts, int[] sampleOf, INDArray derivatives) {
        this.samples = samples;
        this.indices = indices;
        this.firsts = firsts;
        this.sampleOf = sampleOf;
        this.derivatives = derivatives;
    }

    static LookupSums of(LookupRows rows) {
        long samples = rows.samples();
        int count = rows.indices().length;
        long positions = count / samples;
        long[] order = new long[count]; // index, sample and position, in this order of significance
        for (int row = 0; row < count; row++) {
            order[row] = (rows.indices()[row] * samples + row / positions) * count + row;
        }
        Arrays.sort(order);
        int[] pairOf = new int[count]; // for each row of the order
        int pairs = 0;
        int tokens = 0;
        for (int at = 0; at < count; at++) {
            long pair = order[at] / count;
            boolean sameToken = at > 0 && order[at - 1] / count / samples == pair / samples;
            pairs += at > 0 && order[at - 1] / count == pair ? 0 : 1;
            tokens += sameToken ? 0 : 1;
            pairOf[at] = pairs - 1;
        }
        return sums(rows, order, pairOf, pairs, tokens);
    }

    private static LookupSums sums(LookupRows rows, long[] order, int[] pairOf, int pairs, int tokens) {
        int count = order.length;
        int width = Math.toIntExact(rows.derivatives().size(1));
        double[] derivatives = rows.derivatives().dup('c').data().asDouble();
        double[] sums = new double[pairs * width];
        int[] sampleOf = new int[pairs];
        int[] indices = new int[tokens];
        int[] firsts = new int[tokens + 1];
        int token = -1;
        for (int at = 0; at < count; at++) {
            int row = (int) (order[at] % count);
            int pair = pairOf[at];
            if (token < 0 || indices[token] != rows.indices()[row]) {
                indices[++token] = rows.indices()[row];
                firsts[token] = pair;
            }
            sampleOf[pair] = (int) (order[at] / count % rows.samples());
            for (int j = 0; j < width; j++) {
                sums[pair * width + j] += derivatives[row * width + j];
            }
        }
        firsts[tokens] = pairs;
        INDArray matrix = Nd4j.createFromArray(sums)
                .reshape('c', pairs, width)
                .castTo(rows.derivatives().dataType());
        return new LookupSums(rows.samples(), indices, firsts, sampleOf, matrix);
    }

    /** N. */
    long samples() {
        return samples;
    }

    /** How many different indices there are. */
    int tokens() {
        return indices.length;
    }

    /** The index of one of them. */
    int index(int token) {
        return indices[token];
    }

    /** The first pair of an index; those of the last end where that of the next would begin. */
    int first(int token) {
        return firsts[token];
    }

    /** The sample of a pair. */
    int sample(int pair) {
        return sampleOf[pair];
    }

    /** The sums, [pairs,dG]. */
    INDArray derivatives() {
        return derivatives;
    }

    /** A number for each pair from one for each sample, [N,1] to [pairs,1]. */
    INDArray ofSamples(INDArray column) {
        double[] values = column.dup('f').data().asDouble();
        double[] own = Arrays.stream(sampleOf).mapToDouble(n -> values[n]).toArray();
        return Nd4j.createFromArray(own).reshape('f', own.length, 1).castTo(derivatives.dataType());
    }
}
