package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.SymmetricSolver;
import java.util.function.Consumer;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The second moment of many inputs, x reshaped to X [p,q], as a Kronecker product: A = E[x x^T] ~ K x Psi, K [p,p], Psi [q,q], nearest
 * in the Frobenius norm (Ba, Grosse, Martens 2017, sec. 4; Van Loan and Pitsianis 1993). The nearest product is the first singular pair
 * of A rearranged, found by power iteration without A: K = E[X Psi X^T] / |Psi|^2, Psi = E[X^T K X] / |K|^2. Both stay symmetric and
 * positive semidefinite.
 *
 * <p>The moving average is of the product: each batch makes one iteration on keep K0 x Psi0 + (1 - keep) A_batch, where K0 x Psi0
 * is what the batches before have left, and starts from Psi0, the first from Psi0 = I.
 */
final class KroneckerMoment {

    private final InputSplit split;
    private final INDArray k;
    private final INDArray psi;

    /**
     * @param k K, [p,p]; written through
     * @param psi Psi, [q,q]; written through
     */
    KroneckerMoment(InputSplit split, INDArray k, INDArray psi) {
        this.split = split;
        this.k = k;
        this.psi = psi;
    }

    /**
     * @param rows one batch
     * @param keep weight of the old product, in [0,1)
     */
    void update(OuterProductRows rows, double keep) {
        OuterProductRows once = rows.inputsOnce();
        if (inner(psi, psi) == 0) {
            psi.assign(Nd4j.eye(psi.size(0)));
        }
        INDArray k0 = k.dup('f');
        double scale = (1 - keep) / once.active();
        k.muli(keep).addi(symmetric(overRows(once)).muli(scale / inner(psi, psi)));
        double square = inner(k, k);
        if (square > 0) { // else all inputs have been zero
            psi.muli(keep * inner(k0, k) / square)
                    .addi(symmetric(overColumns(once)).muli(scale / square));
        }
    }

    /** Sum of X Psi X^T over the rows. */
    private INDArray overRows(OuterProductRows rows) {
        INDArray sum = Nd4j.create(k.dataType(), k.shape(), 'f');
        forEachPadded(rows, x -> {
            try (INDArray products = Nd4j.createUninitialized(x.dataType(), x.shape(), 'f')) {
                for (int i = 0; i < split.rows(); i++) {
                    rowOfEach(x, i).mmuli(psi, rowOfEach(products, i));
                }
                try (INDArray part = stacked(x).transpose().mmul(stacked(products))) {
                    sum.addi(part);
                }
            }
        });
        return sum;
    }

    /** Sum of X^T K X over the rows. */
    private INDArray overColumns(OuterProductRows rows) {
        INDArray sum = Nd4j.create(psi.dataType(), psi.shape(), 'f');
        forEachPadded(rows, x -> {
            try (INDArray products = Nd4j.createUninitialized(x.dataType(), x.shape(), 'f')) {
                stacked(x).mmuli(k, stacked(products));
                for (int i = 0; i < split.rows(); i++) {
                    try (INDArray part = rowOfEach(x, i).transpose().mmul(rowOfEach(products, i))) {
                        sum.addi(part);
                    }
                }
            }
        });
        return sum;
    }

    /** Hands out [m, p q], contiguous, and outside of workspaces, so that many pieces do not fill the caller's. */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    private void forEachPadded(OuterProductRows rows, Consumer<INDArray> consumer) {
        rows.forEachActive(rows.inputs().columns(), (firstRow, chunk) -> {
            try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                if (chunk.size(1) == split.size() && OuterProductRows.isContiguous(chunk)) {
                    consumer.accept(chunk);
                    return;
                }
                try (INDArray padded = Nd4j.create(chunk.dataType(), new long[] {chunk.size(0), split.size()}, 'f')) {
                    padded.get(NDArrayIndex.all(), NDArrayIndex.interval(0, chunk.size(1)))
                            .assign(chunk);
                    consumer.accept(padded);
                }
            }
        });
    }

    /** Row i of each X, [m,q], a view. */
    private INDArray rowOfEach(INDArray x, int i) {
        long first = (long) i * split.columns();
        return x.get(NDArrayIndex.all(), NDArrayIndex.interval(first, first + split.columns()));
    }

    /** All X^T below each other, [m q, p], a view. */
    private INDArray stacked(INDArray x) {
        return x.reshape('f', x.size(0) * split.columns(), split.rows());
    }

    private static INDArray symmetric(INDArray matrix) {
        return matrix.add(matrix.transpose()).muli(0.5);
    }

    private static double inner(INDArray a, INDArray b) {
        return a.mul(b).sumNumber().doubleValue();
    }

    /** tr K / p. */
    double meanDiagonalRows(SymmetricSolver solver) {
        return solver.meanDiagonal(k);
    }

    /** tr Psi / q. */
    double meanDiagonalColumns(SymmetricSolver solver) {
        return solver.meanDiagonal(psi);
    }

    /** Writes K x Psi into the leading part of a matrix, without the padding. */
    void writeTo(INDArray matrix, int inputs) {
        int q = split.columns();
        for (int a = 0; a < inputs; a++) {
            for (int b = 0; b < inputs; b++) {
                matrix.putScalar(a, b, k.getDouble(a / q, b / q) * psi.getDouble(a % q, b % q));
            }
        }
    }
}
