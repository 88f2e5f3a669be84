package io.github.dl4jkfac.state;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * One layer's slices of DL4J's flat updater state view. Nothing is copied: all arrays returned are views, column-major, and
 * whatever is written into them is what ModelSerializer, clone() and checkpoints carry.
 *
 * <p>Order: momentum [dA,dG], counters, A [dA,dA], G [dG,dG], A inverse, G inverse. Of the factors only the lower triangle means
 * anything; the inverses are full.
 */
public final class CurvatureState {

    private static final int COUNTERS = 4;
    /** Counters are kept as two digits of this base, since a float32 holds integers up to 2^24 only. */
    private static final long COUNTER_BASE = 1L << 20;

    private final StateLayout layout;
    private final INDArray view;

    /**
     * Sees a state view as the slices of one layer; nothing is written.
     *
     * @param layout the sizes of the slices
     * @param view flat state view of one updater block, at least as long as {@code layout} asks for
     * @throws IllegalStateException if the view is null or shorter
     */
    public CurvatureState(StateLayout layout, INDArray view) {
        long needed = layout.parameters() + curvatureSize(layout);
        if (view == null || view.length() < needed) {
            throw new IllegalStateException(
                    "Updater state of " + layout + " holds " + (view == null ? 0 : view.length()) + " numbers, needs "
                            + needed + ". The model's configuration and its updater state do not belong together.");
        }
        this.layout = layout;
        this.view = view.reshape(view.length());
    }

    static long curvatureSize(StateLayout layout) {
        long dA = layout.inputDimension();
        long dG = layout.outputs();
        return COUNTERS + 2 * (dA * dA + dG * dG);
    }

    /** Zeroes everything: no momentum, no statistics, no inverses. */
    public void clear() {
        view.assign(0);
    }

    /** {@return the momentum, [dA,dG]} */
    public INDArray momentum() {
        return matrix(0, layout.inputDimension(), layout.outputs());
    }

    /** {@return factor A of the layer inputs, [dA,dA], lower triangle; mean over samples} */
    public INDArray inputFactor() {
        return matrix(factorsStart(), layout.inputDimension(), layout.inputDimension());
    }

    /** {@return factor G of the derivatives, [dG,dG], lower triangle; mean over samples} */
    public INDArray outputFactor() {
        return matrix(factorsStart() + square(layout.inputDimension()), layout.outputs(), layout.outputs());
    }

    /** {@return the inverse of the damped A, [dA,dA]} */
    public INDArray inputInverse() {
        return matrix(inversesStart(), layout.inputDimension(), layout.inputDimension());
    }

    /** {@return the inverse of the damped G, [dG,dG]} */
    public INDArray outputInverse() {
        return matrix(inversesStart() + square(layout.inputDimension()), layout.outputs(), layout.outputs());
    }

    /** {@return the number of steps taken} */
    public long steps() {
        return counter(0);
    }

    /**
     * Writes the number of steps taken.
     *
     * @param steps the number
     */
    public void setSteps(long steps) {
        setCounter(0, steps);
    }

    /** {@return the number of batches that have entered the factors} */
    public long statistics() {
        return counter(2);
    }

    /**
     * Writes the number of batches that have entered the factors.
     *
     * @param batches the number
     */
    public void setStatistics(long batches) {
        setCounter(2, batches);
    }

    /** {@return the slices by name, for tools that inspect an updater's state} The arrays are views, not copies. */
    public Map<String, INDArray> asMap() {
        Map<String, INDArray> map = new LinkedHashMap<>();
        map.put("momentum", momentum());
        map.put("A", inputFactor());
        map.put("G", outputFactor());
        map.put("A_inverse", inputInverse());
        map.put("G_inverse", outputInverse());
        return map;
    }

    private long counter(int index) {
        long at = layout.parameters() + index;
        return (long) view.getDouble(at) * COUNTER_BASE + (long) view.getDouble(at + 1);
    }

    private void setCounter(int index, long value) {
        long at = layout.parameters() + index;
        view.putScalar(at, (double) (value / COUNTER_BASE));
        view.putScalar(at + 1, (double) (value % COUNTER_BASE));
    }

    private long factorsStart() {
        return layout.parameters() + COUNTERS;
    }

    private long inversesStart() {
        return factorsStart() + square(layout.inputDimension()) + square(layout.outputs());
    }

    private INDArray matrix(long start, long rows, long columns) {
        return view.get(NDArrayIndex.interval(start, start + rows * columns)).reshape('f', rows, columns);
    }

    private static long square(long n) {
        return n * n;
    }
}
