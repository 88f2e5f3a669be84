package io.github.dl4jkfac.session;

import io.github.dl4jkfac.curvature.BatchStatistics;
import io.github.dl4jkfac.diagnostics.SkipReason;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a copy of a network has found of its part of a batch. The step is taken on all parts together.
 *
 * @param gradient flat, the sum over the part's samples, without L1 and L2; what DL4J keeps among the parameters and does not learn, such as the
 *     running statistics of batch normalisation, is a mean over the part. The copy's own view, valid until its next pass
 * @param score DL4J's score of the part
 * @param samples how many samples the part has
 * @param statistics of the curvature; null if the batch does not enter them
 * @param obstacle why the whole batch has to be left out; null if it need not be
 * @param place where the obstacle was noticed, for the log
 * @param suspicion what is to blame if the statistics of the batch overflow; null if they cannot
 */
public record BatchPart(
        INDArray gradient,
        double score,
        int samples,
        BatchStatistics statistics,
        SkipReason obstacle,
        String place,
        SkipReason suspicion) {}
