package io.github.dl4jkfac.curvature;

import org.nd4j.linalg.api.blas.params.MMulTranspose;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.factory.Nd4j;

/** General matrix products; unlike {@code Nd4j.gemm} they write into parts of larger matrices as well. */
final class Products {

    private Products() {}

    /** {@code c <- alpha A B + beta C}; C may not overlap the others. */
    static void multiply(INDArray a, INDArray b, INDArray c, double alpha, double beta) {
        multiply(a, false, b, false, c, alpha, beta);
    }

    /** {@code c <- alpha A^T B + beta C}; C may not overlap the others. */
    static void multiplyTransposed(INDArray a, INDArray b, INDArray c, double alpha, double beta) {
        multiply(a, true, b, false, c, alpha, beta);
    }

    /** {@code c <- alpha A B^T + beta C}; C may not overlap the others. */
    static void multiplyByTransposed(INDArray a, INDArray b, INDArray c, double alpha, double beta) {
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
