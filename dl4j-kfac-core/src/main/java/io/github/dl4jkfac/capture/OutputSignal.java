package io.github.dl4jkfac.capture;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;

/** What the outputs of a network send back in a second pass. */
@FunctionalInterface
interface OutputSignal {

    /**
     * @param head the output
     * @param z its pre-activations, [rows,C]; not to be modified
     * @param labels the true labels, [rows,C]
     * @param mask label mask, [rows,1] or [rows,C], or null
     * @return derivatives at the pre-activations, [rows,C], a new array
     */
    INDArray derivative(OutputHead head, INDArray z, INDArray labels, INDArray mask);

    /** dL/dz at targets drawn from the model, from each output independently. */
    static OutputSignal ofDrawnTargets(Random random) {
        return (head, z, labels, mask) -> head.distribution().sampleDerivative(z, labels, mask, random);
    }

    /** B v, v independent signs. */
    static OutputSignal ofRandomSigns(Random random) {
        return (head, z, labels, mask) ->
                head.distribution().factor(z, labels, mask, signs(random, z, z.size(0), z.size(1)));
    }

    /**
     * One column of one output's B, and zero from all the others.
     *
     * @param output the one
     * @param column its number
     * @param random the stream of the rows' signs; null if all are to be positive
     */
    static OutputSignal ofColumn(OutputHead output, long column, Random random) {
        return (head, z, labels, mask) -> {
            INDArray v = Nd4j.zeros(z.dataType(), z.shape());
            if (head != output) {
                return v;
            }
            if (random == null) {
                v.getColumn(column).assign(1);
            } else {
                v.getColumn(column, true).assign(signs(random, z, z.size(0), 1));
            }
            return head.distribution().factor(z, labels, mask, v);
        };
    }

    private static INDArray signs(Random random, INDArray like, long... shape) {
        return Nd4j.rand(random, shape).gt(0.5).castTo(like.dataType()).muli(2).subi(1);
    }
}
