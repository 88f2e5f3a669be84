package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.data.Encoding;
import io.github.dl4jkfac.examples.data.LabelledBatches;
import io.github.dl4jkfac.examples.data.LabelledData;
import io.github.dl4jkfac.examples.models.Models;
import org.deeplearning4j.nn.api.Model;

/**
 * How well a network tells classes.
 *
 * @param crossEntropy mean over examples of -log of the probability of the right class
 * @param error share of the examples whose most probable class is a wrong one
 */
record ClassificationScore(double crossEntropy, double error) {

    private static final int CHUNK = 250;
    /** DL4J's own bound in its multi-class cross-entropy; the same here, to agree with it. */
    private static final double CLIP = 1e-10;

    static ClassificationScore of(Model network, LabelledData data, Encoding encoding) {
        double crossEntropy = 0;
        int wrong = 0;
        for (int from = 0; from < data.count(); from += CHUNK) {
            int to = Math.min(from + CHUNK, data.count());
            float[] output = Models.output(
                            network,
                            LabelledBatches.range(data, encoding, from, to).getFeatures())
                    .dup('c')
                    .data()
                    .asFloat();
            for (int i = from; i < to; i++) {
                int start = (i - from) * data.classes();
                float right = output[start + data.label(i)];
                crossEntropy -= Math.log(Math.max(CLIP, right));
                wrong += isLargest(right, output, start, data.classes()) ? 0 : 1;
            }
        }
        return new ClassificationScore(crossEntropy / data.count(), wrong / (double) data.count());
    }

    private static boolean isLargest(float value, float[] output, int start, int count) {
        int others = 0;
        for (int i = start; i < start + count; i++) {
            others += output[i] >= value ? 1 : 0;
        }
        // The value itself is one; a tie is no answer, and NaN is less than nothing.
        return others == 1;
    }
}
