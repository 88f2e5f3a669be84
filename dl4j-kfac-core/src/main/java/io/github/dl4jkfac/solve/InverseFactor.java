package io.github.dl4jkfac.solve;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Replaces the lower triangle of A by L^-1 and the upper by zero, where A + shift I = L L^T. */
final class InverseFactor {

    /** Blocks up to this order are factorised in Java, in double precision. */
    private static final int LEAF = 64;

    private final INDArray matrix;

    private final double shift;

    InverseFactor(INDArray matrix, double shift) {
        this.matrix = matrix;
        this.shift = shift;
    }

    /** Works on the diagonal block of the rows and columns {@code from} to {@code to}, exclusive. */
    void compute(int from, int to) {
        if (to - from <= LEAF) {
            leaf(from, to);
            return;
        }
        int middle = (from + to) >>> 1;
        compute(from, middle);
        INDArray inverse11 = PortableSolver.block(matrix, from, middle, from, middle);
        INDArray a21 = PortableSolver.block(matrix, middle, to, from, middle);
        INDArray a22 = PortableSolver.block(matrix, middle, to, middle, to);
        try (INDArray l21 = a21.mmul(inverse11.transpose())) {
            try (INDArray product = l21.mmul(l21.transpose())) {
                a22.subi(product);
            }
            compute(middle, to);
            try (INDArray left = a22.mmul(l21);
                    INDArray product = left.mmul(inverse11)) {
                a21.assign(product.negi());
            }
        }
        PortableSolver.block(matrix, from, middle, middle, to).assign(0);
    }

    private void leaf(int from, int to) {
        INDArray block = PortableSolver.block(matrix, from, to, from, to);
        double[][] lower;
        try (INDArray copy = block.dup('c')) {
            lower = copy.toDoubleMatrix();
        }
        factorise(lower, from);
        try (INDArray inverse = Nd4j.createFromArray(inverse(lower))) {
            block.assign(inverse);
        }
    }

    private void factorise(double[][] a, int offset) {
        for (int j = 0; j < a.length; j++) {
            double pivot = a[j][j] + shift - dot(a[j], a[j], 0, j);
            if (!Double.isFinite(pivot)) {
                throw FactorisationException.nonFinite("A matrix", matrix.rows(), shift);
            }
            if (pivot <= 0) {
                throw FactorisationException.notPositiveDefinite(matrix.rows(), shift, offset + j + 1);
            }
            a[j][j] = Math.sqrt(pivot);
            for (int i = j + 1; i < a.length; i++) {
                a[i][j] = (a[i][j] - dot(a[i], a[j], 0, j)) / a[j][j];
            }
        }
    }

    private static double[][] inverse(double[][] lower) {
        int n = lower.length;
        // Row k of the transposed inverse is column k of the inverse, so that dot products run along rows.
        double[][] transposed = new double[n][n];
        for (int k = 0; k < n; k++) {
            transposed[k][k] = 1 / lower[k][k];
            for (int i = k + 1; i < n; i++) {
                transposed[k][i] = -dot(lower[i], transposed[k], k, i) / lower[i][i];
            }
        }
        double[][] inverse = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k <= i; k++) {
                inverse[i][k] = transposed[k][i];
            }
        }
        return inverse;
    }

    private static double dot(double[] x, double[] y, int from, int to) {
        double sum = 0;
        for (int k = from; k < to; k++) {
            sum += x[k] * y[k];
        }
        return sum;
    }
}
