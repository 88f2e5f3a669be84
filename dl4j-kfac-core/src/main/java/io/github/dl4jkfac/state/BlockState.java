package io.github.dl4jkfac.state;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * One block's slices of DL4J's flat updater state view. Nothing is copied: all arrays returned are views, column-major, and
 * whatever is written into them is what ModelSerializer, clone() and checkpoints carry.
 */
public final class BlockState {

    private final INDArray momentum;
    private final Counter statistics;
    private final Map<String, INDArray> slices = new LinkedHashMap<>();
    private final INDArray kept;

    /**
     * @param momentumStart where the momentum begins
     * @param start where counter and matrices begin
     */
    BlockState(BlockLayout layout, INDArray view, long momentumStart, long start) {
        momentum = matrix(view, momentumStart, layout.inputDimension(), layout.outputs());
        statistics = new Counter(view, start);
        long at = start + Counter.SIZE;
        for (Slice slice : layout.slices()) {
            slices.put(slice.name(), matrix(view, at, slice.rows(), slice.columns()));
            at += slice.length();
        }
        kept = view.get(NDArrayIndex.interval(start, at));
    }

    private static INDArray matrix(INDArray view, long start, long rows, long columns) {
        return view.get(NDArrayIndex.interval(start, start + rows * columns)).reshape('f', rows, columns);
    }

    /** {@return the momentum, [dA,dG]} */
    public INDArray momentum() {
        return momentum;
    }

    /**
     * Looks up one of the block's own matrices.
     *
     * @param name the name that its {@link Slice} has
     * @return a view, [rows,columns], column-major
     * @throws IllegalArgumentException if the block keeps no such matrix
     */
    public INDArray get(String name) {
        INDArray slice = slices.get(name);
        if (slice == null) {
            throw new IllegalArgumentException("The block keeps no '" + name + "', only " + slices.keySet());
        }
        return slice;
    }

    /** {@return all but the momentum as one vector, a view: the number of batches and the block's own matrices} */
    public INDArray kept() {
        return kept;
    }

    /** {@return the number of batches that have entered the statistics} */
    public long statistics() {
        return statistics.get();
    }

    /**
     * Writes the number of batches that have entered the statistics.
     *
     * @param batches the number
     */
    public void setStatistics(long batches) {
        statistics.set(batches);
    }

    void copy(BlockState other) {
        momentum.assign(other.momentum);
        setStatistics(other.statistics());
        slices.forEach((name, slice) -> slice.assign(other.get(name)));
    }

    Map<String, INDArray> slices() {
        return slices;
    }
}
