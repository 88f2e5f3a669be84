package io.github.dl4jkfac.curvature.kronecker;

import io.github.dl4jkfac.arrays.Reductions;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Sums over rows of x^T x and of x, for each group of columns by itself: rows [m, groups width], column group width + i. */
final class GroupedGram {

    private final int groups;
    private final int width;
    private final SymmetricSolver solver;

    /** [width, groups width], of each square part the lower triangle, and [groups width]; null before the first rows. */
    private INDArray products;

    private INDArray sums;

    GroupedGram(int groups, int width, SymmetricSolver solver) {
        this.groups = groups;
        this.width = width;
        this.solver = solver;
    }

    void add(INDArray rows) {
        if (products == null) {
            products = Nd4j.create(rows.dataType(), new long[] {width, (long) groups * width}, 'f');
            sums = Nd4j.create(rows.dataType(), (long) groups * width);
        }
        for (int group = 0; group < groups; group++) {
            solver.gramLower(columns(rows, group), 1, 1, columns(products, group));
        }
        sums.addi(Reductions.sum(rows, false, 0));
    }

    private INDArray columns(INDArray matrix, int group) {
        return matrix.get(NDArrayIndex.all(), NDArrayIndex.interval((long) group * width, (long) (group + 1) * width));
    }

    /**
     * Folds the means into averages, and where those have one row more than x that of the constant 1, the mean of x, and 1.
     *
     * @param averages one matrix for each group
     * @param count what the sums are divided by
     * @param keep weight of the old averages, in [0,1)
     */
    void average(UnitMatrices averages, double count, double keep) {
        INDArray entries = products.reshape('f', (long) width * width, groups);
        for (int i = 0; i < width; i++) {
            for (int j = 0; j <= i; j++) {
                averages.average(i, j, entries.getRow((long) j * width + i).div(count), keep);
            }
        }
        if (averages.order() > width) {
            INDArray constant = sums.reshape('f', width, groups);
            for (int j = 0; j < width; j++) {
                averages.average(width, j, constant.getRow(j).div(count), keep);
            }
            averages.average(width, width, Nd4j.ones(sums.dataType(), groups), keep);
        }
    }
}
