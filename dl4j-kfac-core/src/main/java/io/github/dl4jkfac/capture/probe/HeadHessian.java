package io.github.dl4jkfac.capture.probe;

import io.github.dl4jkfac.capture.likelihood.OutputDistribution;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The Hessian H = B B^T of one output's loss in its pre-activations, row by row.
 *
 * @param z pre-activations [rows,C]
 * @param labels the true labels [rows,C]
 * @param mask label mask [rows,1] or [rows,C], or null
 */
record HeadHessian(OutputDistribution distribution, INDArray z, INDArray labels, INDArray mask) {

    /** What has to be added to DL4J's loss to make its derivative the one that DL4J computes. */
    double beyondLoss() {
        return distribution.beyondLoss(z, labels, mask);
    }

    /** B v, [rows,C]. */
    INDArray factor(INDArray v) {
        return distribution.factor(z, labels, mask, v);
    }

    /** B^T q, [rows,C]. */
    INDArray factorTransposed(INDArray q) {
        return distribution.factorTransposed(z, labels, mask, q);
    }
}
