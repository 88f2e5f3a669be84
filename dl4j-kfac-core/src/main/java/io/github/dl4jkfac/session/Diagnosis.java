package io.github.dl4jkfac.session;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.capture.probe.CurrentBatch;
import io.github.dl4jkfac.curvature.rows.Magnitude;
import io.github.dl4jkfac.diagnostics.SkipReason;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Finds out why the gradient or the statistics of a batch are not finite, so that the user is sent to the right place. */
final class Diagnosis {

    private Diagnosis() {}

    /** To be called while the batch is at hand, and before it has changed the parameters. */
    static SkipReason of(Model model) {
        List<INDArray> data = CurrentBatch.arraysAtHand(model);
        if (data.stream().anyMatch(array -> !hasFiniteEntries(array))) {
            return SkipReason.DATA_NOT_FINITE;
        }
        if (!hasFiniteEntries(model.params())) {
            return SkipReason.PARAMETERS_NOT_FINITE;
        }
        boolean fits = data.stream()
                .allMatch(array -> new Magnitude(Finite.sumOfMagnitudes(array), 0, array.size(0))
                        .fits(model.params().dataType()));
        return fits ? SkipReason.DIVERGING : SkipReason.DATA_TOO_LARGE;
    }

    /** The largest entry cannot overflow, as a sum can. */
    private static boolean hasFiniteEntries(INDArray array) {
        return Finite.isFinite(array)
                || Double.isFinite(array.amaxNumber().doubleValue())
                        && !array.isNaN().any();
    }
}
