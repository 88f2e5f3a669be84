package io.github.dl4jkfac.curvature.eigen;

import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.arrays.Reductions;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Second moments of the samples' gradients in the basis Ua x Ug, S = E[(Ua^T grad_n Ug)^2], [dA,dG], squared entry by entry: the
 * diagonal of the Fisher block in that basis, and so the one that makes U diag(S) U^T nearest to it (George et al. 2018, sec. 3). A
 * moving average over the batches.
 *
 * <p>The first basis is made of one batch alone, and the average starts from the products of its eigenvalues, la lg^T, K-FAC's own
 * diagonal. At each later change of basis the average is carried over: S becomes the diagonal of U diag(S) U^T in the new basis, which
 * keeps the trace and the weight of every batch. To start again from the new eigenvalues would throw away all that has been measured, and to
 * start from the batches to come alone would leave S to the few samples of one batch, which know nothing of directions that they do not
 * happen to have.
 *
 * <p>A factor made of fewer rows than it has dimensions leaves a null space, where any orthonormal vectors are eigenvectors and rounding
 * chooses some. Later batches tell only the sum over the null space, which is shared equally among its vectors. So S does not
 * depend on the choice.
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
    void update(OuterProductRows rows, double keep) {
        moments.muli(keep);
        try (SampleSquares squares = new SampleSquares(this, rows, (1 - keep) / rows.samples())) {
            squares.add();
        }
        evenOut();
    }

    /** Starts the average with the moments of a Kronecker product that has these eigenvalues. */
    void start(EigenBasis.Decomposition nextInputs, EigenBasis.Decomposition nextOutputs) {
        Products.multiplyByTransposed(nextInputs.values(), nextOutputs.values(), moments, 1, 0);
    }

    /** Gives the vectors of a null space the mean of their moments, which is what a random basis of it would have. */
    void evenOut() {
        long rows = (long) inputs.nullity().getDouble(0, 0);
        if (rows > 1) {
            evenOutRows(moments.get(NDArrayIndex.interval(0, rows), NDArrayIndex.all()));
        }
        long columns = (long) outputs.nullity().getDouble(0, 0);
        if (columns > 1) {
            evenOutRows(moments.get(NDArrayIndex.all(), NDArrayIndex.interval(0, columns))
                    .transpose());
        }
    }

    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    private static void evenOutRows(INDArray part) {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
                INDArray mean = Reductions.mean(part, true, 0)) {
            part.assign(0).addi(mean); // broadcast() would make a copy as large as the part, row by row
        }
    }

    /**
     * Takes the average from the present basis to the next: with Q = Ua^T Ua' and R = Ug^T Ug', squared entry by entry, the diagonal of
     * U diag(S) U^T in the basis Ua' x Ug' is (Q^2)^T S R^2.
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    void carry(EigenBasis.Decomposition nextInputs, EigenBasis.Decomposition nextOutputs) {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
                INDArray ofInputs = inputs.squaredCosines(nextInputs);
                INDArray ofOutputs = outputs.squaredCosines(nextOutputs);
                INDArray half = Nd4j.createUninitialized(moments.dataType(), moments.shape(), 'f')) {
            Products.multiplyTransposed(ofInputs, moments, half, 1, 0);
            Products.multiply(half, ofOutputs, moments, 1, 0);
        }
    }
}
