package io.github.dl4jkfac.step;

import io.github.dl4jkfac.arrays.Finite;
import io.github.dl4jkfac.step.StepController.Coefficients;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** One updater block's share of a step: what DL4J asks one worker for. */
public interface UpdaterShare {

    /** {@return the worker that DL4J calls} */
    BoundWorker worker();

    /** {@return DL4J's flat view of the block's gradient; each step overwrites it with the update} */
    INDArray gradient();

    /** {@return adds L1 and L2 to that view, in front of the first block's step; does nothing if the share can wait for DL4J} */
    Regulariser regulariser();

    /**
     * Writes the update into the gradient.
     *
     * @param gradientScale factor that turns DL4J's gradient into a mean over the batch
     * @param klScale nu, the share of the step that its bound leaves
     * @param coefficients what is taken of that, and of the last step
     * @param rate alpha
     */
    void write(double gradientScale, double klScale, Coefficients coefficients, double rate);

    /** {@return DL4J's flat view of the block's parameters; only read} */
    INDArray parameters();

    /** {@return the momentum, which an update that is not finite may have spoilt} */
    List<INDArray> averages();

    /** {@return whether the parameters minus the update are certain to be finite} No entry is larger than the sum of all magnitudes. */
    default boolean leadsToFiniteParameters() {
        double sum = Finite.sumOfMagnitudes(gradient()) + Finite.sumOfMagnitudes(parameters());
        return sum <= (gradient().dataType() == DataType.DOUBLE ? Double.MAX_VALUE : Float.MAX_VALUE);
    }

    /** Takes the update back: the parameters stay. Averages that it has spoilt begin anew. */
    default void leaveOut() {
        gradient().assign(0);
        averages().stream().filter(average -> !Finite.isFinite(average)).forEach(average -> average.assign(0));
    }
}
