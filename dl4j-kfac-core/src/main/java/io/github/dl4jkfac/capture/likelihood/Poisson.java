package io.github.dl4jkfac.capture.likelihood;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Poisson loss sum_i o_i - y_i log o_i: y_i is Poisson with mean o_i, g_o = 1 - y_i / o_i, H_o = diag(1 / o). */
final class Poisson extends ElementwiseNoise {

    /** Means above this are drawn from the normal approximation, whose error is far below the sampling error there. */
    private static final double NORMAL_ABOVE = 1e4;
    /** A Poisson number is a sum of Poisson numbers with smaller means; exp(-mean) must stay well above zero. */
    private static final double LARGEST_PIECE = 30;

    Poisson(IActivation activation) {
        super(activation);
    }

    @Override
    INDArray drawAtOutput(INDArray output, Random random) {
        // There is no such operation with a private random stream in ND4J, hence element by element.
        double[] means = output.dup('c').data().asDouble();
        for (int i = 0; i < means.length; i++) {
            means[i] = 1 - draw(means[i], random) / means[i];
        }
        return Nd4j.createFromArray(means).castTo(output.dataType()).reshape('c', output.shape());
    }

    @Override
    INDArray scaled(INDArray v, INDArray output) {
        return v.divi(Transforms.sqrt(output, true));
    }

    private static double draw(double mean, Random random) {
        if (!(mean > 0)) {
            return Double.NaN; // no such distribution: the batch is found to be non-finite and kept out of the factors
        }
        if (mean > NORMAL_ABOVE) {
            return Math.max(0, Math.rint(mean + Math.sqrt(mean) * random.nextGaussian()));
        }
        double sum = 0;
        double left = mean;
        while (left > 0) {
            double piece = Math.min(left, LARGEST_PIECE);
            sum += drawSmall(piece, random);
            left -= piece;
        }
        return sum;
    }

    /** Counts uniform factors until their product falls below exp(-mean) (Knuth). */
    private static long drawSmall(double mean, Random random) {
        double limit = Math.exp(-mean);
        double product = random.nextDouble();
        long count = 0;
        while (product > limit) {
            product *= random.nextDouble();
            count++;
        }
        return count;
    }
}
