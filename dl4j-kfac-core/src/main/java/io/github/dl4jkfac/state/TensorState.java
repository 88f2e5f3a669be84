package io.github.dl4jkfac.state;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The updater state of parameters that are updated entry by entry: the number of steps, then momentum and Fisher diagonal of all
 * entries. All of it views of DL4J's flat updater state.
 *
 * <p>DL4J joins neighbouring arrays in one block without telling which, so the room for the number of steps is reserved with every
 * array; what is not needed lies unused at the end.
 */
public final class TensorState {

    private final INDArray view;
    private final Counter steps;

    /**
     * Sees a state view as such a state; nothing is written.
     *
     * @param view flat state view of one updater block
     */
    public TensorState(INDArray view) {
        this.view = view.reshape(new long[] {view.length()});
        this.steps = new Counter(this.view, 0);
    }

    /**
     * Counts the numbers kept for a parameter array.
     *
     * @param numParams number of parameters in the array
     * @param inWholeMultiples whether the size has to be a whole multiple of that number
     * @return how many numbers of updater state it needs
     */
    public static long size(long numParams, boolean inWholeMultiples) {
        long needed = 2 * numParams + Counter.SIZE;
        return inWholeMultiples ? (needed + numParams - 1) / numParams * numParams : needed;
    }

    /** {@return everything} */
    public INDArray view() {
        return view;
    }

    /** Zeroes everything. */
    public void clear() {
        view.assign(0);
    }

    /**
     * Finds the momentum of all entries.
     *
     * @param parameters number of parameters in the block
     * @return a view, [parameters]
     */
    public INDArray momentum(long parameters) {
        return part(0, parameters);
    }

    /**
     * Finds the Fisher diagonal of all entries.
     *
     * @param parameters number of parameters in the block
     * @return a view, [parameters]
     */
    public INDArray fisher(long parameters) {
        return part(parameters, parameters);
    }

    private INDArray part(long start, long length) {
        return view.get(NDArrayIndex.interval(Counter.SIZE + start, Counter.SIZE + start + length));
    }

    /** {@return whether the number of steps has been through a type too small for it, such as HALF, and means nothing any more} */
    public boolean isCoarsened() {
        return !steps.isFinite();
    }

    /** {@return the number of steps taken} */
    public long steps() {
        return steps.get();
    }

    /**
     * Writes the number of steps taken.
     *
     * @param number the number
     */
    public void setSteps(long number) {
        steps.set(number);
    }
}
