package io.github.dl4jkfac.state;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * One block's slices of DL4J's flat updater state view. Nothing is copied: all arrays returned are views, column-major, and
 * whatever is written into them is what ModelSerializer, clone() and checkpoints carry.
 */
public final class BlockState {

    private final BlockLayout layout;
    private final INDArray momentum;
    private final Counter statistics;
    private final Counter refreshes;
    private final INDArray staged;
    private final Map<String, INDArray> slices = new LinkedHashMap<>();
    private final INDArray kept;
    private final INDArray view;

    /**
     * @param momentumStart where the momentum begins
     * @param start where counters and matrices begin
     */
    BlockState(BlockLayout layout, INDArray view, long momentumStart, long start) {
        this.layout = layout;
        this.view = view;
        momentum = layout.parameters() == 0
                ? null
                : matrix(view, momentumStart, layout.inputDimension(), layout.outputs());
        statistics = new Counter(view, start);
        refreshes = new Counter(view, start + Counter.SIZE);
        staged = view.get(NDArrayIndex.interval(start + 2 * Counter.SIZE, start + COUNTERS));
        long at = start + COUNTERS;
        for (Slice slice : layout.slices()) {
            slices.put(slice.name(), matrix(view, at, slice.rows(), slice.columns()));
            at += slice.length();
        }
        kept = view.get(NDArrayIndex.interval(start, at));
    }

    /** Numbers that the counters take. */
    static final int COUNTERS = 2 * Counter.SIZE + 1;

    /** Stands for a staged damping of zero, since a state begins with zeros. */
    private static final double STAGED_ZERO = -1;

    /**
     * Makes room for the statistics of a single batch, which is to become a part of these: all statistics are zero, no batch has
     * entered, and what has been derived from the statistics is as it is here.
     *
     * @return a state of its own, outside of workspaces; the momentum is left out
     */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    public BlockState forOneBatch() {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            BlockLayout bare = new BlockLayout(layout.type(), 0, 0, layout.bias(), layout.slices());
            INDArray own = Nd4j.create(kept.dataType(), COUNTERS + layout.curvatureSize());
            BlockState state = new BlockState(bare, own, 0, 0);
            layout.slices().stream()
                    .filter(slice -> !slice.isStatistic())
                    .forEach(slice -> state.get(slice.name()).assign(get(slice.name())));
            state.refreshes.set(refreshes.get());
            return state;
        }
    }

    /** Frees what {@link #forOneBatch} has made. */
    public void close() {
        view.close();
    }

    /** {@return the name of the kind of block} */
    public String kind() {
        return layout.type();
    }

    /** {@return the matrices that the block keeps} */
    public List<Slice> slices() {
        return layout.slices();
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

    /** {@return all but the momentum as one vector, a view: the counters and the block's own matrices} */
    public INDArray kept() {
        return kept;
    }

    /** {@return all that a renewal of the inverse may change, views: everything but the moments of which it is made} */
    public List<INDArray> renewed() {
        List<INDArray> all = new ArrayList<>();
        all.add(kept.get(NDArrayIndex.interval(0, COUNTERS)));
        for (Slice slice : layout.slices()) {
            if (!(slice.isStatistic() && slice.symmetric())) {
                all.add(slices.get(slice.name()));
            }
        }
        return all;
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

    /** {@return how often the inverse has been renewed: the version of what has been derived from the statistics; 0 if there is none} */
    public long refreshes() {
        return refreshes.get();
    }

    /** {@return whether a renewal of the inverse has been staged, and is not in force yet} */
    public boolean hasStagedDamping() {
        return staged.getDouble(0) != 0;
    }

    /** {@return the damping of the renewal that has been staged; zero if there is none} */
    public double stagedDamping() {
        return Math.max(0, staged.getDouble(0));
    }

    /**
     * Notes that a renewal of the inverse has been staged.
     *
     * @param damping of the block, at least zero
     */
    public void setStagedDamping(double damping) {
        staged.putScalar(0, damping == 0 ? STAGED_ZERO : damping);
    }

    /** Notes that no renewal is staged. */
    public void clearStagedDamping() {
        staged.putScalar(0, 0);
    }

    /** Counts a renewal of the inverse. */
    public void countRefresh() {
        setRefreshes(refreshes.get() + 1);
    }

    /**
     * Writes how often the inverse has been renewed.
     *
     * @param number of times
     */
    public void setRefreshes(long number) {
        refreshes.set(number);
    }

    void copy(BlockState other) {
        momentum.assign(other.momentum);
        setStatistics(other.statistics());
        refreshes.set(other.refreshes());
        staged.assign(other.staged);
        slices.forEach((name, slice) -> slice.assign(other.get(name)));
    }

    Map<String, INDArray> matrices() {
        return slices;
    }
}
