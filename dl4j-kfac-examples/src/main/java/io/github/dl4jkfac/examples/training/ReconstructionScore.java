package io.github.dl4jkfac.examples.training;

import io.github.dl4jkfac.examples.data.ImageData;
import io.github.dl4jkfac.examples.models.Models;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How well a network gives back its input, as means over images of sums over pixels.
 *
 * @param crossEntropy sigmoid cross-entropy
 * @param squaredError squared error
 */
record ReconstructionScore(double crossEntropy, double squaredError) {

    private static final int CHUNK = 1000;
    /** The bound within which DL4J's own binary cross-entropy keeps probabilities; the same here, to agree with it. */
    private static final double CLIP = 1e-5;

    static ReconstructionScore of(Model network, ImageData images) {
        double crossEntropy = 0;
        double squaredError = 0;
        for (int from = 0; from < images.count(); from += CHUNK) {
            INDArray rows = images.rows(from, Math.min(from + CHUNK, images.count()));
            float[] target = rows.data().asFloat();
            float[] output = Models.output(network, rows).dup('c').data().asFloat();
            crossEntropy += crossEntropy(target, output);
            squaredError += squaredError(target, output);
        }
        return new ReconstructionScore(crossEntropy / images.count(), squaredError / images.count());
    }

    private static double crossEntropy(float[] target, float[] output) {
        double sum = 0;
        for (int i = 0; i < target.length; i++) {
            double p = Math.max(CLIP, Math.min(1 - CLIP, output[i]));
            double y = target[i];
            // Most pixels are exactly black or white: one logarithm is enough for them.
            sum -= y == 0 ? Math.log(1 - p) : y == 1 ? Math.log(p) : y * Math.log(p) + (1 - y) * Math.log(1 - p);
        }
        return sum;
    }

    private static double squaredError(float[] target, float[] output) {
        double sum = 0;
        for (int i = 0; i < target.length; i++) {
            double difference = target[i] - output[i];
            sum += difference * difference;
        }
        return sum;
    }
}
