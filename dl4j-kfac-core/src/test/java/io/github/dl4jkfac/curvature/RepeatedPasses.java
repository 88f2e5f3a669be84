package io.github.dl4jkfac.curvature;

import static io.github.dl4jkfac.testing.TestNetworks.normal;

import io.github.dl4jkfac.curvature.rows.BatchRows;
import io.github.dl4jkfac.curvature.rows.InputSource;
import io.github.dl4jkfac.curvature.rows.OuterProductRows;
import io.github.dl4jkfac.curvature.rows.PiecewiseInputs;
import io.github.dl4jkfac.testing.Recorder;
import java.util.Collections;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Rows of three passes over the same inputs, which come in pieces.
 *
 * @param repeated with the inputs kept once
 * @param copied with a copy of the inputs for each pass
 */
public record RepeatedPasses(BatchRows repeated, OuterProductRows copied) {

    private static final int PASSES = 3;

    /** @param like rows of one pass without a mask */
    public static RepeatedPasses of(OuterProductRows like, boolean masked) {
        INDArray matrix = Recorder.inputs(like);
        long count = matrix.size(0);
        INDArray mask = masked ? normal(9, count, 1).gt(-0.3).castTo(DataType.DOUBLE) : null;
        double active = masked ? mask.sumNumber().doubleValue() : count;
        InputSource pieces = new PiecewiseInputs(matrix, 2 * like.positions(), false);
        INDArray derivatives =
                normal(10, PASSES * count, like.derivatives().size(1)).dup('f');
        INDArray masks = masked ? stacked(mask) : null;
        if (masked) {
            derivatives.muliColumnVector(masks);
        }
        BatchRows repeated = new OuterProductRows(pieces, like.derivatives(), mask, active, like.samples())
                .repeated(PASSES, List.of(derivatives));
        OuterProductRows copied = new OuterProductRows(
                InputSource.of(stacked(matrix)), derivatives.dup('f'), masks, PASSES * active, PASSES * like.samples());
        return new RepeatedPasses(repeated, copied);
    }

    private static INDArray stacked(INDArray matrix) {
        return Nd4j.vstack(Collections.nCopies(PASSES, matrix).toArray(INDArray[]::new));
    }
}
