package io.github.dl4jkfac.curvature.rows;

import io.github.dl4jkfac.arrays.Finite;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The input patches of a convolutional layer as rows: row n*T + t is what position t of sample n sees, so that the layer is a
 * dense one on these rows and its weight gradient is the sum over rows of patch^T derivative (Grosse and Martens 2016, sec. 3).
 * Positions count with the last spatial axis running fastest.
 *
 * <p>Serves convolutions over any number of spatial axes, transposed or not. The patches are never held for the whole batch if
 * that takes more than 8 MiB, unless those of one sample alone do.
 */
public final class PatchInputs implements InputSource {

    /** Bound of the memory for one chunk: small enough to be reused, large enough for one product to be worth its call. */
    static final long CHUNK_BYTES = 8L << 20;

    /** Order of the columns of a patch. */
    public enum Order {
        /** Channels slowest, (c, kh, kw): one output's weights in a layer that keeps W as [out, in, kH, kW]. */
        CHANNEL_MAJOR,
        /** Channels fastest, (k, c): one output's weights in a layer that keeps W as [k, in, out]. */
        KERNEL_MAJOR
    }

    private final INDArray input;
    private final List<PatchAxis> axes;
    private final Order order;
    private final boolean homogeneous;
    private final long chunkBytes;

    /**
     * Describes the patches; extracts none yet.
     *
     * @param input layer inputs [N, C, spatial...], channels second whatever the layer's format: permute an array that has them
     *     last. A view of any strides; read later, so it must stay as it is. Not modified
     * @param axes the spatial axes, in the input's order
     * @param order order of the columns
     * @param homogeneous whether to append a column of ones, for a layer with bias
     * @throws IllegalArgumentException if the input's rank is not that of the axes and two more
     */
    public PatchInputs(INDArray input, List<PatchAxis> axes, Order order, boolean homogeneous) {
        this(input, axes, order, homogeneous, CHUNK_BYTES);
    }

    PatchInputs(INDArray input, List<PatchAxis> axes, Order order, boolean homogeneous, long chunkBytes) {
        if (axes.isEmpty() || input.rank() != axes.size() + 2) {
            throw new IllegalArgumentException("Input of patches along " + axes.size()
                    + " axes must have two axes more, but has rank " + input.rank());
        }
        this.input = input;
        this.axes = List.copyOf(axes);
        this.order = order;
        this.homogeneous = homogeneous;
        this.chunkBytes = chunkBytes;
    }

    /** {@return T, the number of positions in a sample} */
    public long positions() {
        return axes.stream().mapToLong(PatchAxis::positions).reduce(1, Math::multiplyExact);
    }

    /** {@return the raw input, one row for each input element of each sample: [N * elements, C], column-major, a copy} */
    public INDArray pixels() {
        long channels = input.size(1);
        return input.swapAxes(0, 1)
                .dup('c')
                .reshape('c', channels, input.length() / channels)
                .transpose();
    }

    @Override
    public long rows() {
        return input.size(0) * positions();
    }

    @Override
    public int columns() {
        return Math.toIntExact(axes.stream().mapToLong(PatchAxis::kernel).reduce(input.size(1), Math::multiplyExact));
    }

    @Override
    public boolean homogeneous() {
        return homogeneous;
    }

    @Override
    public DataType type() {
        return input.dataType();
    }

    @Override
    public void forEachChunk(ChunkConsumer consumer) {
        long samples = input.size(0);
        long most = Math.max(1, Math.min(samples, chunkBytes / bytesPerSample()));
        try (PatchBuffer buffer = new PatchBuffer(input, axes, order, homogeneous, most)) {
            for (long first = 0; first < samples; first += most) {
                consumer.accept(first * positions(), buffer.fill(first, Math.min(most, samples - first)));
            }
        }
    }

    private long bytesPerSample() {
        long width = columns() + (homogeneous ? 1 : 0);
        long padded = axes.stream().mapToLong(PatchAxis::length).reduce(input.size(1), Math::multiplyExact);
        return (positions() * width + padded) * type().width();
    }

    @Override
    public InputSource lasting() {
        return new PatchInputs(input.dup(), axes, order, homogeneous, chunkBytes);
    }

    @Override
    public double magnitude() {
        return Finite.sumOfMagnitudes(input);
    }
}
