package io.github.dl4jkfac.curvature.eigen;

import io.github.dl4jkfac.arrays.Products;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * One batch's share of {@link EigenMoments}: sum_n (Ua^T grad_n Ug)^2, where grad_n is the sum over the sample's T positions of
 * abar_nt^T g_nt. The sum is inside of the square, so samples are taken one by one, unless T = 1: then the square of a product is the
 * product of the squares.
 *
 * <p>Each side can be brought into its basis row by row, T d^2 multiplications, or in the sample's gradient, dA dG d. The
 * first is cheaper where T does not exceed the other side's dimension: in recurrent layers, not in large images.
 */
final class SampleSquares implements AutoCloseable {

    private final EigenMoments target;
    private final OuterProductRows inputs;
    private final double scale;
    private final long positions;
    private final boolean inputsRowByRow;
    private final boolean outputsRowByRow;
    private final INDArray derivatives;
    private final INDArray gradient;
    private final INDArray work;

    /** @param scale factor of the sum */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    SampleSquares(EigenMoments target, OuterProductRows rows, double scale) {
        INDArray moments = target.moments();
        this.target = target;
        this.inputs = rows.inputsOnce();
        this.scale = scale;
        this.positions = rows.positions();
        this.inputsRowByRow = positions <= moments.size(1);
        this.outputsRowByRow = positions <= moments.size(0);
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            // a copy in any case: ND4J takes some parts of views for empty
            derivatives = outputsRowByRow
                    ? target.outputs().coordinates(rows.derivatives())
                    : rows.derivatives().dup('f');
            gradient = Nd4j.createUninitialized(moments.dataType(), moments.shape(), 'f');
            work = Nd4j.createUninitialized(moments.dataType(), moments.shape(), 'f');
        }
        if (positions == 1) {
            derivatives.muli(derivatives);
        }
    }

    /** Adds the batch to the moments. */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    void add() {
        long dA = gradient.size(0);
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            if (inputs.inputs().columns() == 0) { // a bias alone, whose source hands out nothing
                try (INDArray ones = Nd4j.ones(derivatives.dataType(), inputs.samples(), 1)) {
                    addRows(0, ones);
                }
                return;
            }
            inputs.forEachActive(dA, (firstRow, chunk) -> {
                if (chunk.size(1) == dA && chunk.offset() == 0) {
                    addRows(firstRow, chunk);
                } else {
                    addHomogeneous(firstRow, chunk);
                }
            });
        }
    }

    private void addHomogeneous(long firstRow, INDArray chunk) {
        SymmetricSolver solver = target.inputs().solver();
        try (INDArray abar = OuterProductRows.homogeneous(chunk, gradient.size(0), solver)) {
            addRows(firstRow, abar);
        }
    }

    private void addRows(long firstRow, INDArray abar) {
        if (!inputsRowByRow) {
            addPasses(firstRow, abar);
            return;
        }
        try (INDArray coordinates = target.inputs().coordinates(abar)) {
            addPasses(firstRow, positions == 1 ? coordinates.muli(coordinates) : coordinates);
        }
    }

    /** Where the rows have several passes, their derivatives lie below each other. */
    private void addPasses(long firstRow, INDArray own) {
        for (long row = firstRow;
                row < derivatives.size(0);
                row += inputs.inputs().rows()) {
            if (positions == 1) {
                INDArray squares = part(derivatives, row, own.size(0));
                Products.multiplyTransposed(own, squares, target.moments(), scale, 1);
            } else {
                addSamples(row, own);
            }
        }
    }

    private void addSamples(long firstRow, INDArray own) {
        for (long row = 0; row < own.size(0); row += positions) {
            INDArray a = part(own, row, positions);
            INDArray g = part(derivatives, firstRow + row, positions);
            Products.multiplyTransposed(a, g, gradient, 1, 0);
            INDArray turned = inBasis();
            turned.muli(turned);
            Nd4j.getBlasWrapper().level1().axpy(turned.length(), scale, flat(turned), flat(target.moments()));
        }
    }

    /** Brings the gradient into the bases as far as its rows have not been; the result is in one of the two buffers. */
    private INDArray inBasis() {
        INDArray now = gradient;
        INDArray free = work;
        if (!inputsRowByRow) {
            Products.multiplyTransposed(target.inputs().vectors(), now, free, 1, 0);
            now = work;
            free = gradient;
        }
        if (!outputsRowByRow) {
            Products.multiply(now, target.outputs().vectors(), free, 1, 0);
            now = free;
        }
        return now;
    }

    private static INDArray part(INDArray matrix, long firstRow, long count) {
        return matrix.get(NDArrayIndex.interval(firstRow, firstRow + count), NDArrayIndex.all());
    }

    private static INDArray flat(INDArray contiguous) {
        return contiguous.reshape('f', new long[] {contiguous.length()});
    }

    @Override
    public void close() {
        derivatives.close();
        gradient.close();
        work.close();
    }
}
