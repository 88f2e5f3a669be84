package io.github.dl4jkfac.curvature.rows;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Looks into sources of inputs, for tests that change or square what is inside. */
public final class TestInputs {

    private TestInputs() {}

    /** The matrix behind a source that is one, not a copy; null for any other source. */
    public static INDArray matrixBehind(InputSource inputs) {
        return inputs instanceof DenseInputs dense ? dense.matrix() : null;
    }
}
