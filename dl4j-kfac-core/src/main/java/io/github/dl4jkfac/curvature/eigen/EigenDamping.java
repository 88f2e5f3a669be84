package io.github.dl4jkfac.curvature.eigen;

import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.curvature.kronecker.FactoredDamping;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Damping of second moments S [dA,dG] in a Kronecker-factored eigenbasis: K-FAC's factored Tikhonov damping (Martens and Grosse 2015,
 * sec. 6.3), which needs the factors' eigenvalues only through the margins of their products and so extends to any S. With la lg^T for
 * S, s its mean, r the means of its rows and c those of its columns,
 *
 * <pre>(la + pi gamma)(lg + gamma / pi) = S + (gamma / sqrt s)(r 1^T + 1 c^T) + gamma^2,   gamma^2 = lambda,</pre>
 *
 * pi being that of the trace norm ({@link FactoredDamping}). lambda alone (George et al. 2018) does not protect a direction that the
 * samples so far have hardly known, and a later batch does: its step is V / lambda, in whatever units the loss has. Here it
 * has a share of what is known of its input and of its output.
 */
final class EigenDamping {

    private final INDArray moments;
    private final INDArray rowMeans;
    private final INDArray columnMeans;
    private final INDArray oneForEachRow;
    private final INDArray oneForEachColumn;

    /** @param moments S, [dA,dG]; not modified */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    EigenDamping(INDArray moments) {
        this.moments = moments;
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            rowMeans = Nd4j.create(moments.dataType(), new long[] {moments.size(0), 1}, 'f');
            columnMeans = Nd4j.create(moments.dataType(), new long[] {moments.size(1), 1}, 'f');
            oneForEachRow = rowMeans.dup('f').assign(1);
            oneForEachColumn = columnMeans.dup('f').assign(1);
        }
    }

    /**
     * Adds the damping that S has as it is now.
     *
     * @param target [dA,dG], added to in place
     * @param lambda damping of the whole block, gamma squared
     */
    void addTo(INDArray target, double lambda) {
        target.addi(lambda);
        double mean = moments.meanNumber().doubleValue();
        if (!(mean > 0)) {
            return; // a dead layer: there are no margins
        }
        // products with ones, since ND4J's reductions leave out dimensions of size 1
        Products.multiply(moments, oneForEachColumn, rowMeans, 1.0 / moments.size(1), 0);
        Products.multiplyTransposed(moments, oneForEachRow, columnMeans, 1.0 / moments.size(0), 0);
        double share = Math.sqrt(lambda / mean);
        Products.multiplyByTransposed(rowMeans, oneForEachColumn, target, share, 1);
        Products.multiplyByTransposed(oneForEachRow, columnMeans, target, share, 1);
    }
}
