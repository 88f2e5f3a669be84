package io.github.dl4jkfac.solve;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Replaces the lower triangle of A by L^-1 and the upper by zero, where A + shift I = L L^T. */
final class RecursiveCholesky {

    /** Blocks up to this order are factorised in Java, in double precision. */
    private static final int LEAF = 64;

    private final INDArray matrix;

    private final double shift;

    RecursiveCholesky(INDArray matrix, double shift) {
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
        double[] values = PortableSolver.values(block);
        factorise(values, to - from, from);
        PortableSolver.assign(block, inverse(values, to - from));
    }

    /** Overwrites the lower triangle of A, given row by row, with L. */
    private void factorise(double[] a, int n, int offset) {
        for (int j = 0; j < n; j++) {
            double pivot = a[j * n + j] + shift - dot(j, a, j * n, a, j * n);
            if (!Double.isFinite(pivot)) {
                throw FactorisationException.nonFinite(matrix.rows(), shift);
            }
            if (pivot <= 0) {
                throw FactorisationException.notPositiveDefinite(matrix.rows(), shift, offset + j + 1);
            }
            double root = Math.sqrt(pivot);
            a[j * n + j] = root;
            for (int i = j + 1; i < n; i++) {
                a[i * n + j] = (a[i * n + j] - dot(j, a, i * n, a, j * n)) / root;
            }
        }
    }

    /** Returns L^-1 row by row, with zeros above the diagonal. */
    private static double[] inverse(double[] lower, int n) {
        double[] inverse = new double[n * n];
        double[] column = new double[n];
        for (int k = 0; k < n; k++) {
            column[k] = 1 / lower[k * n + k];
            inverse[k * n + k] = column[k];
            for (int i = k + 1; i < n; i++) {
                column[i] = -dot(i - k, lower, i * n + k, column, k) / lower[i * n + i];
                inverse[i * n + k] = column[i];
            }
        }
        return inverse;
    }

    private static double dot(int count, double[] x, int fromX, double[] y, int fromY) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += x[fromX + i] * y[fromY + i];
        }
        return sum;
    }
}
