package io.github.dl4jkfac.samplespace;

import io.github.dl4jkfac.arrays.Reductions;
import io.github.dl4jkfac.curvature.BlockShape;
import io.github.dl4jkfac.curvature.rows.LookupRows;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.solve.SymmetricSolver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * J_l of tables whose rows are looked up. Two samples have a product only where they have looked up the same row: the derivatives are
 * summed for each pair of a sample and an index that occurs, {@link LookupSums}, and only pairs with equal indices are multiplied.
 */
final class LookupOperator implements RowOperator {

    private final LookupSums sums;
    private final OuterOperator bias;
    private final SymmetricSolver solver;

    LookupOperator(LookupRows rows, BlockShape shape, SymmetricSolver solver) {
        this.sums = LookupSums.of(rows);
        this.bias = shape.bias() ? new OuterOperator((OuterProductRows) rows.biasOnly(), true, solver) : null;
        this.solver = solver;
    }

    @Override
    public long samples() {
        return sums.samples();
    }

    @Override
    public void addGram(INDArray gram) {
        int n = Math.toIntExact(samples());
        double[] lower = new double[n * n]; // row by row: element by element, ND4J's own arrays are slow
        for (int token = 0; token < sums.tokens(); token++) {
            addToken(token, lower, n);
        }
        try (INDArray ofTable = Nd4j.createFromArray(lower).reshape('c', n, n)) {
            gram.addi(ofTable.castTo(gram.dataType()));
        }
        if (bias != null) {
            bias.addGram(gram);
        }
    }

    private void addToken(int token, double[] lower, int n) {
        int first = sums.first(token);
        int count = sums.first(token + 1) - first;
        INDArray rows = Positions.rows(sums.derivatives(), first, first + count);
        try (INDArray products = Nd4j.create(rows.dataType(), new long[] {count, count}, 'f')) {
            solver.gramLower(rows.transpose(), 1, 0, products);
            double[] entries = products.data().asDouble();
            for (int i = 0; i < count; i++) {
                for (int j = 0; j <= i; j++) { // samples ascend
                    lower[sums.sample(first + i) * n + sums.sample(first + j)] += entries[j * count + i];
                }
            }
        }
    }

    @Override
    public INDArray times(INDArray matrix) {
        double[] result = new double[Math.toIntExact(samples())];
        for (int token = 0; token < sums.tokens(); token++) {
            int first = sums.first(token);
            INDArray rows = Positions.rows(sums.derivatives(), first, sums.first(token + 1));
            INDArray weights = matrix.getRow(sums.index(token), true);
            double[] products = rows.mmul(weights.transpose()).toDoubleVector();
            for (int i = 0; i < products.length; i++) {
                result[sums.sample(first + i)] += products[i];
            }
        }
        INDArray column =
                Nd4j.createFromArray(result).reshape('f', samples(), 1).castTo(matrix.dataType());
        return bias == null ? column : column.addi(bias.times(matrix.getRow(matrix.size(0) - 1, true)));
    }

    @Override
    public void transposedTimes(INDArray coefficients, INDArray out) {
        out.assign(0);
        INDArray weighted = sums.derivatives().mulColumnVector(sums.ofSamples(coefficients));
        for (int token = 0; token < sums.tokens(); token++) {
            INDArray rows = Positions.rows(weighted, sums.first(token), sums.first(token + 1));
            out.getRow(sums.index(token)).assign(Reductions.sum(rows, false, 0));
        }
        if (bias != null) {
            bias.transposedTimes(coefficients, out.getRow(out.size(0) - 1, true));
        }
    }
}
