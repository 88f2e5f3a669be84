package io.github.dl4jkfac.curvature;

import io.github.dl4jkfac.arrays.ArrayBytes;
import io.github.dl4jkfac.state.BlockState;
import io.github.dl4jkfac.state.Slice;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What a part of a batch says of one matrix of parameters: sums, and the counts that make them means. Sums of several parts add up to
 * those of the whole batch, whatever masks leave out, where averages would not.
 */
public final class BlockSums {

    private final String kind;
    private final BatchCounts counts;
    private final Map<String, INDArray> sums;
    private final Set<String> symmetric;

    private BlockSums(String kind, BatchCounts counts, Map<String, INDArray> sums, Set<String> symmetric) {
        this.kind = kind;
        this.counts = counts;
        this.sums = sums;
        this.symmetric = symmetric;
    }

    /**
     * Makes the sums from what a block would keep of a batch alone: the means, times the counts.
     *
     * @param context of the block; not changed
     * @param counts of the part of the batch; if it has no active rows all sums are zero
     * @param update folds the part into the statistics of an empty block with the context that it is given
     * @return the sums, outside of workspaces
     * @throws UnsupportedOperationException if some statistic is not linear in the batch
     */
    public static BlockSums of(BlockContext context, BatchCounts counts, Consumer<BlockContext> update) {
        requireLinear(context);
        BlockState alone = context.state().forOneBatch();
        try {
            if (counts.rows() > 0) {
                update.accept(context.with(alone));
            }
            return ofMeans(context.with(alone), counts);
        } finally {
            alone.close();
        }
    }

    /**
     * Makes the sums from the statistics of a block that has taken in nothing but the part of the batch.
     *
     * @param alone context of that block; not changed
     * @param counts of the part of the batch
     * @return the sums, outside of workspaces
     * @throws UnsupportedOperationException if some statistic is not linear in the batch
     */
    public static BlockSums ofMeans(BlockContext alone, BatchCounts counts) {
        requireLinear(alone);
        Map<String, INDArray> sums = new LinkedHashMap<>();
        Set<String> symmetric = new HashSet<>();
        for (Slice slice : alone.state().slices()) {
            if (slice.isStatistic()) {
                sums.put(slice.name(), lasting(alone.state().get(slice.name())).muli(counts.of(slice.weight())));
                if (slice.symmetric()) {
                    symmetric.add(slice.name());
                }
            }
        }
        return new BlockSums(alone.state().kind(), counts, sums, symmetric);
    }

    private static void requireLinear(BlockContext context) {
        for (Slice slice : context.state().slices()) {
            if (slice.isStatistic() && slice.weight() == Slice.Weight.NONE) {
                throw new UnsupportedOperationException("Layer '" + context.layer() + "': blocks of the kind "
                        + context.state().kind()
                        + " cannot be made of parts of a batch, since '" + slice.name()
                        + "' is not linear in the batch");
            }
        }
    }

    @SuppressWarnings("try") // javac warns of workspace scopes, which no code refers to
    private static INDArray lasting(INDArray array) {
        try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return array.dup('f');
        }
    }

    /** {@return the name of the kind of block} */
    public String kind() {
        return kind;
    }

    /** {@return what makes means of the sums} */
    public BatchCounts counts() {
        return counts;
    }

    /**
     * Adds the sums over another part of the same batch.
     *
     * @param other the other part's; not modified
     * @return the sums over both, new arrays
     * @throws IllegalArgumentException if they are of another kind or shape
     */
    public BlockSums plus(BlockSums other) {
        requireAlike(other.kind, other.sums);
        Map<String, INDArray> both = new LinkedHashMap<>();
        sums.forEach((name, sum) -> both.put(name, lasting(sum).addi(other.sums.get(name))));
        return new BlockSums(kind, counts.plus(other.counts), both, symmetric);
    }

    /**
     * Writes the sums, bit for bit. Of symmetric matrices only the lower triangle travels, since no other entries mean anything.
     *
     * @param out where to
     * @throws IOException if that fails
     */
    public void write(DataOutput out) throws IOException {
        out.writeUTF(kind);
        counts.write(out);
        out.writeInt(sums.size());
        for (Map.Entry<String, INDArray> entry : sums.entrySet()) {
            out.writeUTF(entry.getKey());
            ArrayBytes.write(entry.getValue(), symmetric.contains(entry.getKey()), out);
        }
    }

    /**
     * Reads what {@link #write} has written.
     *
     * @param in where from
     * @return the sums, outside of workspaces
     * @throws IOException if that fails
     */
    public static BlockSums read(DataInput in) throws IOException {
        String kind = in.readUTF();
        BatchCounts counts = BatchCounts.read(in);
        Map<String, INDArray> sums = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            sums.put(in.readUTF(), ArrayBytes.read(in));
        }
        return new BlockSums(kind, counts, sums, Set.of());
    }

    /**
     * Looks up the mean over all of it.
     *
     * @param slice a statistic
     * @return a new array
     */
    public INDArray mean(Slice slice) {
        return sums.get(slice.name()).div(counts.of(slice.weight()));
    }

    /**
     * Folds the means into the averages of a block, as one batch; nothing happens if there are no active rows.
     *
     * @param context of the block, whose statistics are modified
     * @return whether the batch has entered
     * @throws IllegalArgumentException if the block keeps other statistics
     */
    public boolean foldInto(BlockContext context) {
        requireFits(context);
        if (counts.rows() < 1) {
            return false;
        }
        double keep = context.keep();
        for (Slice slice : context.state().slices()) {
            if (slice.isStatistic()) {
                INDArray average = context.state().get(slice.name());
                average.muli(keep).addi(mean(slice).muli(1 - keep));
            }
        }
        context.count();
        return true;
    }

    /**
     * Checks that these are the sums of a block's statistics.
     *
     * @param context of the block
     * @throws IllegalArgumentException if the block keeps other statistics, naming both
     */
    public void requireFits(BlockContext context) {
        Map<String, INDArray> statistics = new LinkedHashMap<>();
        for (Slice slice : context.state().slices()) {
            if (slice.isStatistic()) {
                statistics.put(slice.name(), context.state().get(slice.name()));
            }
        }
        requireAlike(context.state().kind(), statistics);
    }

    private void requireAlike(String otherKind, Map<String, INDArray> others) {
        boolean alike = kind.equals(otherKind) && sums.keySet().equals(others.keySet());
        for (Map.Entry<String, INDArray> entry : sums.entrySet()) {
            alike = alike && entry.getValue().equalShapes(others.get(entry.getKey()));
        }
        if (!alike) {
            throw new IllegalArgumentException("Sums of " + describe(kind, sums) + " do not fit those of "
                    + describe(otherKind, others)
                    + ": they come from another layer, or from a network with other curvature blocks");
        }
    }

    private static String describe(String kind, Map<String, INDArray> arrays) {
        StringBuilder text = new StringBuilder(kind).append(" with");
        arrays.forEach((name, array) -> text.append(' ').append(name).append(Arrays.toString(array.shape())));
        return text.toString();
    }
}
