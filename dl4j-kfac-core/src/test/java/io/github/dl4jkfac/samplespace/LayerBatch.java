package io.github.dl4jkfac.samplespace;

import static io.github.dl4jkfac.testing.TestNetworks.inverse;
import static io.github.dl4jkfac.testing.TestNetworks.normal;
import static io.github.dl4jkfac.testing.TestNetworks.plusDiagonal;

import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.samplespace.RowCases.RowCase;
import java.util.List;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A batch for a layer of every kind, and the gradients of its samples written out. */
final class LayerBatch {

    static final int N = RowCases.SAMPLES;

    static final List<RowCase> LAYERS = RowCases.all()
            .filter(c -> Set.of(
                            "dense",
                            "steps, masked",
                            "patches",
                            "depthwise, multiplier 1",
                            "units of 2",
                            "lookups at 5 with bias")
                    .contains(c.toString()))
            .toList();

    static final List<BatchRows> ROWS = LAYERS.stream().map(RowCase::rows).toList();
    static final INDArray J =
            BruteForce.gradients(ROWS, LAYERS.stream().map(RowCase::shape).toList());
    static final INDArray K = J.mmul(J.transpose());
    static final INDArray MEAN = J.mean(true, 0);

    /** |dL_n/dz_out|^2, as it might be. */
    static final INDArray S = Transforms.exp(normal(21, N, 1));

    private LayerBatch() {}

    static TestSpace space(SampleMethod method) {
        return space(method, 0);
    }

    static TestSpace space(SampleMethod method, double relative) {
        return TestSpace.of(new SampleSpaceKind(method, relative), LAYERS);
    }

    /** (J^T J / N + lambda I)^-1 v. */
    static INDArray solved(INDArray j, double lambda, INDArray v) {
        INDArray fisher = j.transpose().mmul(j).divi(j.size(0));
        return v.mmul(inverse(plusDiagonal(fisher, lambda)));
    }

    /** 1 / sqrt(s). */
    static INDArray inverseRoots() {
        return Transforms.pow(S, -0.5, true);
    }

    /** Columns of a row, a copy. */
    static INDArray part(INDArray row, int from, int to) {
        return row.get(NDArrayIndex.all(), NDArrayIndex.interval(from, to)).dup();
    }
}
