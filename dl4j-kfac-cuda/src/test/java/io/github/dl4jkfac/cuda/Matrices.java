package io.github.dl4jkfac.cuda;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Matrices for the tests of this package. */
final class Matrices {

    private Matrices() {}

    /** X^T X / n + I / 10, column-major, with a condition number of about 40. */
    static INDArray positiveDefinite(int n, DataType type) {
        INDArray x = random(n, type);
        INDArray m = Nd4j.gemm(x, x, true, false).divi(n);
        return m.addi(identity(n, type).muli(0.1));
    }

    private static INDArray random(int n, DataType type) {
        Random random = Nd4j.getRandomFactory().getNewRandomInstance(n);
        return Nd4j.randn(0, 1, new long[] {n, n}, random).castTo(type).dup('f');
    }

    static INDArray empty(int n, DataType type) {
        return Nd4j.create(type, new long[] {n, n}, 'f');
    }

    static INDArray identity(int n, DataType type) {
        return Nd4j.eye(n).castTo(type).dup('f');
    }

    /** The inner block of a larger matrix full of sevens. */
    static INDArray block(INDArray values) {
        int n = values.rows();
        INDArray view = Nd4j.valueArrayOf(new long[] {n + 4, n + 3}, 7.0, values.dataType())
                .dup('f')
                .get(NDArrayIndex.interval(3, n + 3), NDArrayIndex.interval(2, n + 2));
        return view.assign(values);
    }

    /** Fills the strict upper triangle with NaN. */
    static INDArray withNoiseAbove(INDArray m) {
        for (int j = 1; j < m.rows(); j++) {
            m.get(NDArrayIndex.interval(0, j), NDArrayIndex.interval(j, j + 1)).assign(Double.NaN);
        }
        return m;
    }

    /** The greatest difference between entries; NaN if one is. */
    static double distance(INDArray a, INDArray b) {
        double greatest = 0;
        for (double difference : a.sub(b).data().asDouble()) {
            greatest = Math.max(greatest, Math.abs(difference));
        }
        return greatest;
    }

    static double distanceFromIdentity(INDArray product) {
        return distance(product, identity(product.rows(), product.dataType()));
    }

    /** Rounding that a result may show. */
    static double tolerance(DataType type) {
        return type == DataType.DOUBLE ? 1e-11 : 1e-3;
    }
}
