package io.github.dl4jkfac.arrays;

import org.nd4j.linalg.api.blas.params.MMulTranspose;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.factory.Nd4j;

/** General matrix products; unlike {@code Nd4j.gemm} they write into parts of larger matrices as well. */
public final class Products {

    private Products() {}

    /**
     * {@code C <- alpha A B + beta C}.
     *
     * @param a A [m,k]; not modified
     * @param b B [k,n]; not modified
     * @param c C [m,n]; modified, may not overlap the others
     * @param alpha factor of the product
     * @param beta factor of the old content of C; with 0 it is ignored
     */
    public static void multiply(INDArray a, INDArray b, INDArray c, double alpha, double beta) {
        multiply(a, false, b, false, c, alpha, beta);
    }

    /**
     * {@code C <- alpha A^T B + beta C}.
     *
     * @param a A [k,m]; not modified
     * @param b B [k,n]; not modified
     * @param c C [m,n]; modified, may not overlap the others
     * @param alpha factor of the product
     * @param beta factor of the old content of C; with 0 it is ignored
     */
    public static void multiplyTransposed(INDArray a, INDArray b, INDArray c, double alpha, double beta) {
        multiply(a, true, b, false, c, alpha, beta);
    }

    /**
     * {@code C <- alpha A B^T + beta C}.
     *
     * @param a A [m,k]; not modified
     * @param b B [n,k]; not modified
     * @param c C [m,n]; modified, may not overlap the others
     * @param alpha factor of the product
     * @param beta factor of the old content of C; with 0 it is ignored
     */
    public static void multiplyByTransposed(INDArray a, INDArray b, INDArray c, double alpha, double beta) {
        multiply(a, false, b, true, c, alpha, beta);
    }

    private static void multiply(
            INDArray a, boolean transposeA, INDArray b, boolean transposeB, INDArray c, double alpha, double beta) {
        MMulTranspose transpose = MMulTranspose.builder()
                .transposeA(transposeA)
                .transposeB(transposeB)
                .build();
        Nd4j.exec(new Mmul(a, b, c, alpha, beta, transpose));
    }
}
