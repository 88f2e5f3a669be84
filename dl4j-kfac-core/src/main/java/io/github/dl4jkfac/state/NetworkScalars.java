package io.github.dl4jkfac.state;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Numbers that hold for a whole network, in the updater state. Every layer with curvature blocks keeps all of them, so that they
 * survive whichever layers are frozen, replaced or taken to another network; what is read is the first layer's.
 */
public final class NetworkScalars {

    /** One of the numbers. */
    public enum Scalar {
        /** What all dampings but those that come from L2 are multiplied with. */
        DAMPING_FACTOR,
        /** The curvature of the objective along U in units of &lt;U,V&gt;, as last measured. */
        STEP_CURVATURE,
        /** The logarithm of the share of its own batch's curvature that U has on other batches, averaged. */
        FRESH_LOG_SHARE,
        /** Over how many measurements; it stays small, since the average forgets. */
        FRESH_COUNT,
        /** alpha^2 U^T G U of the last step, on its own batch; zero if that was not measured. */
        OWN_CURVATURE,
        /** What is left of its squared length there. */
        OWN_REST,
        /** The largest rate of steps that are made of the batch alone; zero before the first. */
        STEP_MOST_RATE,
        /** mu of the quadratic model, averaged. */
        STEP_MOMENTUM,
        /** Bound of a step's squared length in the metric of the batch's Gauss-Newton matrix. */
        STEP_REGION,
        /** The share of the model's step that is taken; smaller than one where the loss has stopped falling. */
        STEP_SHARE,
        /** After how many steps the model is measured again. */
        STEP_INTERVAL,
        /** How many steps have been taken since it was measured. */
        STEP_AGE,
        /** How many losses are in the present window. */
        LOSS_COUNT,
        /** Their mean. */
        LOSS_MEAN,
        /** How many losses make a window. */
        LOSS_WINDOW,
        /** The mean of the last window. */
        OLD_LOSS_MEAN,
        /** How many losses that was; zero while there is no such window. */
        OLD_LOSSES
    }

    /** How many numbers a layer reserves. */
    static final int SIZE = Scalar.values().length;

    private final List<INDArray> copies = new ArrayList<>();

    /**
     * Finds the numbers in the states of a network's layers.
     *
     * @param layers the states of all layers with curvature blocks
     */
    public NetworkScalars(List<LayerState> layers) {
        layers.forEach(layer -> copies.add(layer.scalars()));
    }

    /**
     * Reads a number.
     *
     * @param scalar which one
     * @param initial what it is as long as it has not been written: a state begins with zeros
     * @return the number
     */
    public double get(Scalar scalar, double initial) {
        double value = copies.isEmpty() ? 0 : copies.get(0).getDouble(scalar.ordinal());
        return value == 0 ? initial : value;
    }

    /**
     * Writes a number.
     *
     * @param scalar which one
     * @param value the number; one that the state's type cannot hold becomes its largest, and one that is none changes nothing
     */
    public void set(Scalar scalar, double value) {
        if (!Double.isNaN(value)) {
            copies.forEach(copy -> copy.putScalar(scalar.ordinal(), within(copy.dataType(), value)));
        }
    }

    private static double within(DataType type, double value) {
        double most = type == DataType.DOUBLE ? Double.MAX_VALUE : Float.MAX_VALUE;
        return Math.max(-most, Math.min(most, value));
    }
}
