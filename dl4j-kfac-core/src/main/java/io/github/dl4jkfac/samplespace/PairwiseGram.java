package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.arrays.Products;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The Gram matrix from inner products of inputs and of derivatives: K_nm = sum_ts ([a_nt,1] . [a_ms,1]) (g_nt . g_ms), in a dense layer
 * (Ab Ab^T) * (D D^T). Pairs of samples are taken tile by tile.
 */
final class PairwiseGram {

    /** Rows of a tile, a position each, unless a single sample has more: two square matrices of that size are in memory. */
    private static final long TILE = 1024;

    private final OuterOperator rows;
    private final long tile;

    PairwiseGram(OuterOperator rows) {
        this(rows, TILE);
    }

    PairwiseGram(OuterOperator rows, long most) {
        this.rows = rows;
        this.tile = Math.max(1, most / rows.positions()) * rows.positions();
    }

    /** Multiplications and additions, to be compared with {@link GradientGram#flops}. */
    static double flops(OuterOperator rows) {
        double all = (double) rows.samples() * rows.positions();
        return all * all / 2 * (rows.inputs() + rows.derivatives().size(1));
    }

    void addTo(INDArray gram) {
        if (rows.inputs() == 0) { // a bias alone
            rows.solver().gramLower(rows.biasGradients().transpose(), 1, 1, gram);
            return;
        }
        // The pieces' memory is one for each pass, so that two pieces are there at a time.
        rows.forEachPiece((first, inputs, derivatives) -> rows.forEachPiece((other, otherInputs, otherDerivatives) -> {
            if (other <= first) {
                addPieces(first, inputs, derivatives, other, otherInputs, otherDerivatives, gram);
            }
        }));
    }

    private void addPieces(
            long first, INDArray a, INDArray g, long other, INDArray otherA, INDArray otherG, INDArray gram) {
        for (long i = 0; i < a.size(0); i += tile) {
            long endI = Math.min(a.size(0), i + tile);
            for (long j = 0; j < otherA.size(0) && other + j <= first + i; j += tile) {
                long endJ = Math.min(otherA.size(0), j + tile);
                INDArray target = block(gram, first + i, first + endI, other + j, other + endJ);
                if (first + i == other + j) {
                    addDiagonal(Positions.rows(a, i, endI), Positions.rows(g, i, endI), target);
                } else {
                    addBeside(
                            Positions.rows(a, i, endI),
                            Positions.rows(otherA, j, endJ),
                            Positions.rows(g, i, endI),
                            Positions.rows(otherG, j, endJ),
                            target);
                }
            }
        }
    }

    private INDArray block(INDArray gram, long top, long bottom, long left, long right) {
        long positions = rows.positions();
        INDArray samples = Positions.rows(gram, top / positions, bottom / positions);
        return Positions.rows(samples.transpose(), left / positions, right / positions)
                .transpose();
    }

    private void addDiagonal(INDArray a, INDArray g, INDArray target) {
        try (INDArray products = square(a, a);
                INDArray ofDerivatives = square(g, g)) {
            rows.solver().gramLower(a.transpose(), 1, 0, products);
            rows.solver().gramLower(g.transpose(), 1, 0, ofDerivatives);
            addProducts(products, ofDerivatives, true, target);
        }
    }

    private void addBeside(INDArray a, INDArray otherA, INDArray g, INDArray otherG, INDArray target) {
        try (INDArray products = square(a, otherA);
                INDArray ofDerivatives = square(g, otherG)) {
            Products.multiplyByTransposed(a, otherA, products, 1, 0);
            Products.multiplyByTransposed(g, otherG, ofDerivatives, 1, 0);
            addProducts(products, ofDerivatives, false, target);
        }
    }

    private static INDArray square(INDArray rows, INDArray columns) {
        return Nd4j.create(rows.dataType(), new long[] {rows.size(0), columns.size(0)}, 'f');
    }

    /** @param lower whether only the lower triangles mean anything */
    private void addProducts(INDArray products, INDArray ofDerivatives, boolean lower, INDArray target) {
        if (rows.hasBias()) {
            products.addi(1);
        }
        products.muli(ofDerivatives);
        if (lower) {
            rows.solver().mirrorLower(products);
        }
        INDArray ofSamples = Positions.sum(products, rows.positions());
        if (rows.positions() > 1) {
            ofSamples = Positions.sum(ofSamples.transpose(), rows.positions()).transpose();
        }
        target.addi(ofSamples);
    }
}
