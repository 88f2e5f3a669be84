package io.github.dl4jkfac.curvature;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Second moments of the samples' gradients in the basis Ua x Ug, S = E[(Ua^T grad_n Ug)^2], [dA,dG], squared entry by entry: the
 * diagonal of the Fisher block in that basis, and so the one that makes U diag(S) U^T nearest to it (George et al. 2018, sec. 3). A
 * moving average over the batches.
 *
 * <p>At a change of basis the average starts again from the products of the new eigenvalues, la lg^T, which is K-FAC's own
 * diagonal, made of all batches so far; each later batch then has the weight that it has in A and G. (The diagonal of the old
 * U diag(S) U^T in the new basis would keep the trace, but it spreads the large moments over directions with small ones as long as
 * the basis still changes much, and it trained worse.)
 *
 * @param moments S, column-major without gaps
 * @param inputs Ua
 * @param outputs Ug
 */
record EigenMoments(INDArray moments, EigenBasis inputs, EigenBasis outputs) {

    /**
     * Folds one batch into the average.
     *
     * @param rows one batch
     * @param keep weight of the old average, in [0,1)
     */
    void update(OuterRows rows, double keep) {
        moments.muli(keep);
        try (SampleSquares squares = new SampleSquares(this, rows, (1 - keep) / rows.samples())) {
            squares.add();
        }
    }

    /** Starts the average with the moments of a Kronecker product that has these eigenvalues. */
    void start(EigenBasis.Decomposition nextInputs, EigenBasis.Decomposition nextOutputs) {
        Products.multiplyByTransposed(nextInputs.values(), nextOutputs.values(), moments, 1, 0);
    }
}
