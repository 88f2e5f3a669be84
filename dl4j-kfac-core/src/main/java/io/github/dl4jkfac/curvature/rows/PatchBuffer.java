package io.github.dl4jkfac.curvature.rows;

import java.util.List;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Memory for one chunk of patches, outside of workspaces and reused from chunk to chunk.
 *
 * <p>The samples are first copied into zeros, which makes the padding. Then, for each element of the kernel, one strided slice of
 * that is the columns of all channels at once. So the copies are few, large, and of rank 5 at most in three dimensions, where
 * ND4J still has fast loops; its im2col operation writing to this layout and a single copy from a view of all patches, of rank 6, are
 * slow. Column-major is the layout that the Gram matrix takes without another copy.
 */
final class PatchBuffer implements AutoCloseable {

    private final INDArray input;
    private final List<PatchAxis> axes;
    private final PatchInputs.Order order;
    private final INDArray padded;
    private final INDArray memory;
    private final INDArray patches;
    private final INDArray matrix;
    private final long positions;

    /** @param samples how many samples a chunk holds at most */
    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    PatchBuffer(INDArray input, List<PatchAxis> axes, PatchInputs.Order order, boolean homogeneous, long samples) {
        this.input = input;
        this.axes = axes;
        this.order = order;
        long[] shape = patchShape(samples);
        positions = axes.stream().mapToLong(PatchAxis::positions).reduce(1, (x, y) -> x * y);
        long rows = samples * positions;
        long entries = 1;
        for (long size : shape) {
            entries *= size;
        }
        long columns = entries / rows + (homogeneous ? 1 : 0);
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            padded = Nd4j.create(input.dataType(), paddedShape(samples));
            memory = Nd4j.createUninitialized(input.dataType(), rows * columns);
        }
        patches = memory.get(NDArrayIndex.interval(0, entries)).reshape('c', shape);
        matrix = memory.reshape('f', rows, columns);
        if (homogeneous) {
            memory.get(NDArrayIndex.interval(entries, rows * columns)).assign(1);
        }
    }

    /** [C, samples, padded lines...]. */
    private long[] paddedShape(long samples) {
        long[] shape = new long[2 + axes.size()];
        shape[0] = input.size(1);
        shape[1] = samples;
        for (int i = 0; i < axes.size(); i++) {
            shape[2 + i] = axes.get(i).length();
        }
        return shape;
    }

    /** [C, kernel..., samples, positions...], or the kernel first: the column-major matrix, its two axes unfolded. */
    private long[] patchShape(long samples) {
        int d = axes.size();
        long[] shape = new long[2 + 2 * d];
        shape[channelAxis()] = input.size(1);
        shape[1 + d] = samples;
        for (int i = 0; i < d; i++) {
            shape[kernelAxis() + i] = axes.get(i).kernel();
            shape[2 + d + i] = axes.get(i).positions();
        }
        return shape;
    }

    private int channelAxis() {
        return order == PatchInputs.Order.CHANNEL_MAJOR ? 0 : axes.size();
    }

    private int kernelAxis() {
        return order == PatchInputs.Order.CHANNEL_MAJOR ? 1 : 0;
    }

    /**
     * Extracts the patches of some samples.
     *
     * @return [count * positions, columns], valid until the next call
     */
    INDArray fill(long firstSample, long count) {
        pad(firstSample, count);
        int[] offsets = new int[axes.size()];
        do {
            slice(offsets, count);
        } while (advance(offsets));
        return matrix.get(NDArrayIndex.interval(0, count * positions), NDArrayIndex.all());
    }

    private void pad(long firstSample, long count) {
        INDArrayIndex[] from = new INDArrayIndex[2 + axes.size()];
        INDArrayIndex[] to = new INDArrayIndex[2 + axes.size()];
        from[0] = NDArrayIndex.interval(firstSample, firstSample + count);
        from[1] = NDArrayIndex.all();
        to[0] = NDArrayIndex.all();
        to[1] = NDArrayIndex.interval(0, count);
        for (int i = 0; i < axes.size(); i++) {
            PatchAxis axis = axes.get(i);
            int first = axis.firstInput();
            int end = axis.endInput(Math.toIntExact(input.size(2 + i)));
            if (first >= end) {
                return; // no position sees any input: all is padding
            }
            from[2 + i] = NDArrayIndex.interval(first, end);
            to[2 + i] = every(axis.spread(), axis.place(first), end - first);
        }
        padded.get(to).assign(input.get(from).swapAxes(0, 1));
    }

    /** Copies what all positions see through one element of the kernel. */
    private void slice(int[] offsets, long count) {
        int d = axes.size();
        INDArrayIndex[] from = new INDArrayIndex[2 + d];
        INDArrayIndex[] to = new INDArrayIndex[2 + 2 * d];
        from[0] = NDArrayIndex.all();
        from[1] = NDArrayIndex.interval(0, count);
        to[channelAxis()] = NDArrayIndex.all();
        to[1 + d] = NDArrayIndex.interval(0, count);
        for (int i = 0; i < d; i++) {
            PatchAxis axis = axes.get(i);
            from[2 + i] = every(axis.step(), axis.start(offsets[i]), axis.positions());
            to[kernelAxis() + i] = NDArrayIndex.point(offsets[i]);
            to[2 + d + i] = NDArrayIndex.all();
        }
        patches.get(to).assign(padded.get(from));
    }

    /** {@code count} indices from {@code first} on. ND4J's shorter call moves the end if there is one index only. */
    private static INDArrayIndex every(int step, int first, int count) {
        return NDArrayIndex.interval(first, step, first + (count - 1) * step + 1, false);
    }

    /** Moves to the next element of the kernel; false after the last. */
    private boolean advance(int[] offsets) {
        for (int i = offsets.length - 1; i >= 0; i--) {
            if (++offsets[i] < axes.get(i).kernel()) {
                return true;
            }
            offsets[i] = 0;
        }
        return false;
    }

    @Override
    public void close() {
        padded.close();
        memory.close();
    }
}
